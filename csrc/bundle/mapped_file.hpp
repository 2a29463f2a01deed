#pragma once
// A file mapped into memory, for reading.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace clear_native::bundle {

class MappedFile {
 public:
  /// `name` is what messages call it. Throws Error(bad_input): not there, not readable, not a plain file.
  MappedFile(const std::filesystem::path& path, std::string name);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace clear_native::bundle
