#include "mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "faults.hpp"

namespace clear_native::bundle {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

[[noreturn]] void refuse_errno(const std::string& name, const char* doing) {
  const std::string reason = std::generic_category().message(errno);
  refuse(name, "", reason + " when " + doing + " it", "a readable file");
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path, std::string name) : name_(std::move(name)) {
  // Without waiting for a writer, in case it is a pipe.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.number() < 0) refuse_errno(name_, "opening");
  struct stat status{};
  if (fstat(file.number(), &status) != 0) refuse_errno(name_, "looking at");
  if (!S_ISREG(status.st_mode)) refuse(name_, "", "a folder, pipe or device", "a plain file");
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;
  void* mapped = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (mapped == MAP_FAILED) refuse_errno(name_, "mapping");
  data_ = static_cast<const std::byte*>(mapped);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : name_(std::move(other.name_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace clear_native::bundle
