#pragma once
// The CUDA driver, loaded at run time: nothing links libcuda or cudart, so one build imports on every machine.

#include <cudaTypedefs.h>

#include <string>

namespace clear_native::cuda {

// X(member, symbol without its "cu", version of its signature). The version picks the ABI (_v2, _v3), so that headers
// of CUDA 12 and 13, which map the bare names to different versions, compile to the same calls.
#define CLEAR_CUDA_REQUIRED(X)                                           \
  X(Init, Init, 2000)                                                    \
  X(DriverGetVersion, DriverGetVersion, 2020)                            \
  X(GetErrorName, GetErrorName, 6000)                                    \
  X(GetErrorString, GetErrorString, 6000)                                \
  X(DeviceGet, DeviceGet, 2000)                                          \
  X(DeviceGetCount, DeviceGetCount, 2000)                                \
  X(DeviceGetName, DeviceGetName, 2000)                                  \
  X(DeviceGetUuid, DeviceGetUuid, 11040)                                 \
  X(DeviceGetAttribute, DeviceGetAttribute, 2000)                        \
  X(DevicePrimaryCtxRetain, DevicePrimaryCtxRetain, 7000)                \
  X(DevicePrimaryCtxRelease, DevicePrimaryCtxRelease, 11000)             \
  X(CtxPushCurrent, CtxPushCurrent, 4000)                                \
  X(CtxPopCurrent, CtxPopCurrent, 4000)                                  \
  X(ModuleLoadData, ModuleLoadData, 2000)                                \
  X(ModuleUnload, ModuleUnload, 2000)                                    \
  X(ModuleGetFunction, ModuleGetFunction, 2000)                          \
  X(MemHostAlloc, MemHostAlloc, 2020)                                    \
  X(MemHostGetDevicePointer, MemHostGetDevicePointer, 3020)              \
  X(MemFreeHost, MemFreeHost, 2000)                                      \
  X(MemAlloc, MemAlloc, 3020)                                            \
  X(MemFree, MemFree, 3020)                                              \
  X(MemsetD8Async, MemsetD8Async, 3020)                                  \
  X(FuncSetAttribute, FuncSetAttribute, 9000)                            \
  X(StreamCreate, StreamCreate, 2000)                                    \
  X(StreamDestroy, StreamDestroy, 4000)                                  \
  X(StreamQuery, StreamQuery, 2000)                                      \
  X(EventCreate, EventCreate, 2000)                                      \
  X(EventRecord, EventRecord, 2000)                                      \
  X(EventQuery, EventQuery, 2000)                                        \
  X(EventDestroy, EventDestroy, 4000)                                    \
  X(LaunchKernel, LaunchKernel, 4000)                                    \
  X(GraphCreate, GraphCreate, 10000)                                     \
  X(GraphDestroy, GraphDestroy, 10000)                                   \
  X(GraphGetNodes, GraphGetNodes, 10000)                                 \
  X(GraphNodeGetType, GraphNodeGetType, 10000)                           \
  X(GraphKernelNodeGetParams, GraphKernelNodeGetParams, 12000)           \
  X(GraphAddKernelNode, GraphAddKernelNode, 12000)                       \
  X(GraphKernelNodeCopyAttributes, GraphKernelNodeCopyAttributes, 11000) \
  X(GraphMemcpyNodeGetParams, GraphMemcpyNodeGetParams, 10000)           \
  X(GraphAddMemcpyNode, GraphAddMemcpyNode, 10000)                       \
  X(GraphMemsetNodeGetParams, GraphMemsetNodeGetParams, 10000)           \
  X(GraphAddMemsetNode, GraphAddMemsetNode, 10000)                       \
  X(GraphChildGraphNodeGetGraph, GraphChildGraphNodeGetGraph, 10000)     \
  X(GraphAddChildGraphNode, GraphAddChildGraphNode, 10000)               \
  X(GraphAddEmptyNode, GraphAddEmptyNode, 10000)                         \
  X(GraphEventRecordNodeGetEvent, GraphEventRecordNodeGetEvent, 11010)   \
  X(GraphAddEventRecordNode, GraphAddEventRecordNode, 11010)             \
  X(GraphEventWaitNodeGetEvent, GraphEventWaitNodeGetEvent, 11010)       \
  X(GraphAddEventWaitNode, GraphAddEventWaitNode, 11010)                 \
  X(GraphInstantiate, GraphInstantiateWithFlags, 11040)                  \
  X(GraphExecDestroy, GraphExecDestroy, 10000)                           \
  X(GraphUpload, GraphUpload, 11010)                                     \
  X(GraphLaunch, GraphLaunch, 10000)

// Null where the driver is older. Each *Data function carries edge data (programmatic dependencies); a driver without
// it makes no such edges, and the plain one beside it tells everything.
#define CLEAR_CUDA_OPTIONAL(X)                                         \
  X(StreamGetCaptureInfo, StreamGetCaptureInfo, 11030)                 \
  X(StreamGetCaptureInfoData, StreamGetCaptureInfo, 12030)             \
  X(GraphGetEdges, GraphGetEdges, 10000)                               \
  X(GraphGetEdgesData, GraphGetEdges, 12030)                           \
  X(GraphAddDependencies, GraphAddDependencies, 10000)                 \
  X(GraphAddDependenciesData, GraphAddDependencies, 12030)             \
  X(GraphAddNode, GraphAddNode, 12030)                                 \
  X(GraphConditionalHandleCreate, GraphConditionalHandleCreate, 12030) \
  X(FuncGetName, FuncGetName, 12030)                                   \
  X(KernelGetName, KernelGetName, 12030)

/// The driver's functions. Members are called as `driver().GraphLaunch(...)`.
struct Driver {
#define CLEAR_CUDA_MEMBER(member, symbol, version) PFN_cu##symbol##_v##version member = nullptr;
  CLEAR_CUDA_REQUIRED(CLEAR_CUDA_MEMBER)
  CLEAR_CUDA_OPTIONAL(CLEAR_CUDA_MEMBER)
#undef CLEAR_CUDA_MEMBER
  int version = 0;  // e.g. 13000: the newest CUDA this driver runs

  /// Loads and initialises the driver. Throws Error(no_driver). The library stays loaded for the life of the process.
  static Driver load(const std::string& library);
};

/// The one table of this process, loaded at the first call from $CLEAR_CUDA_LIBRARY, else libcuda.so.1. Thread-safe.
/// Throws Error(no_driver); a later call tries again.
const Driver& driver();

/// Throws the typed Error of a failed call. `what` says what was being done, e.g. "launching a replay".
void check(CUresult result, const char* what);

}  // namespace clear_native::cuda
