#include "capture_frontier.hpp"

#include <algorithm>

#include "core/errors.hpp"
#include "driver.hpp"
#include "handles.hpp"

namespace clear_native::cuda {
namespace {

struct CaptureInfo {
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  const CUgraphNode* nodes = nullptr;  // of the driver, until the next call on the stream
  std::size_t count = 0;
};

CaptureInfo capture_info(CUstream stream) {
  CaptureInfo info;
  cuuint64_t id = 0;
  CUgraph graph = nullptr;
  const char* what = "reading where a capture stands";
  if (driver().StreamGetCaptureInfoData != nullptr) {
    // Asked for edge data too: without it the call fails at a programmatic dependency.
    const CUgraphEdgeData* edges = nullptr;
    check(driver().StreamGetCaptureInfoData(stream, &info.status, &id, &graph, &info.nodes, &edges, &info.count), what);
  } else if (driver().StreamGetCaptureInfo != nullptr) {
    check(driver().StreamGetCaptureInfo(stream, &info.status, &id, &graph, &info.nodes, &info.count), what);
  } else {
    throw Error(ErrorKind::no_driver, "This CUDA driver has no cuStreamGetCaptureInfo. Update the NVIDIA driver.");
  }
  return info;
}

}  // namespace

std::vector<std::uintptr_t> capture_frontier(std::uintptr_t stream) {
  const CaptureInfo info = capture_info(handle_from<CUstream>(stream));
  if (info.status == CU_STREAM_CAPTURE_STATUS_INVALIDATED) {
    throw Error(ErrorKind::capture_failed,
                "The capture broke before this point: an operation in it cannot be captured (a synchronize, a copy to "
                "the host, an allocation outside torch). Look at the module that ran last.");
  }
  if (info.status != CU_STREAM_CAPTURE_STATUS_ACTIVE) {
    throw Error(ErrorKind::capture_failed,
                "The stream is not capturing, so there is no place in a graph to note. Ask inside the capture, with "
                "the stream that torch captures on.");
  }
  std::vector<std::uintptr_t> frontier(info.count);
  std::transform(info.nodes, info.nodes + info.count, frontier.begin(),
                 [](CUgraphNode node) { return number_of(node); });
  return frontier;
}

}  // namespace clear_native::cuda
