#include "files.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <system_error>

#include "core/errors.hpp"

namespace clear_native::bench {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
  throw Error(ErrorKind::bad_input,
              what + " cannot be written (" + why + "): give a file in a folder you may write to");
}

constexpr int kMostLinks = 40;  // as many as Linux follows

/// Where a path leads: to a file, which need not be there, or to what must not be replaced.
struct Place {
  fs::path end;                   // of all links
  std::optional<int> descriptor;  // of /dev/stdout, /dev/fd/3: this process has it open
  bool written_on = false;        // a pipe, a device, or such a descriptor
};

std::optional<int> descriptor_named(const std::string& name) {
  const bool digits = std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  return digits && !name.empty() && name.size() < 8 ? std::optional(std::stoi(name)) : std::nullopt;
}

/// Throws Error(bad_input) for a link that leads to itself.
Place place_of(const std::string& path) {
  const fs::path own = "/proc/" + std::to_string(getpid()) + "/fd";
  std::error_code error;
  Place place{path, std::nullopt};
  for (int links = 0; links < kMostLinks; ++links) {
    const fs::path folder = fs::canonical(fs::absolute(place.end, error).parent_path(), error);
    if (!error && folder == own) place.descriptor = descriptor_named(place.end.filename());
    if (place.descriptor || !fs::is_symlink(place.end, error)) {
      const fs::file_status status = fs::status(place.end, error);
      place.written_on = place.descriptor || (fs::exists(status) && !fs::is_regular_file(status));
      return place;
    }
    place.end = place.end.parent_path() / fs::read_symlink(place.end, error);
  }
  refuse(path, "a link that leads to itself");
}

/// Beside the file itself, so that it can be moved there at once.
fs::path draft_of(const fs::path& path) {
  return path.string() + ".part-" + std::to_string(getpid());
}

void write_draft(const fs::path& draft, const std::string& named, const std::string& text) {
  std::ofstream file(draft, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return;
  const std::string why = std::strerror(errno);
  std::error_code ignored;
  fs::remove(draft, ignored);
  refuse(named, why);
}

/// What else was printed to a descriptor stays: a second opening would begin at the first byte again.
void write_on(const Place& place, const std::string& named, const std::string& text) {
  if (!place.descriptor) {
    std::ofstream file(place.end, std::ios::binary);
    file << text;
    file.close();
    if (!file) refuse(named, std::strerror(errno));
    return;
  }
  std::cout.flush();  // what was printed before comes before
  for (std::size_t begin = 0; begin < text.size();) {
    const ssize_t count = write(*place.descriptor, text.data() + begin, text.size() - begin);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse(named, std::strerror(errno));
    begin += static_cast<std::size_t>(count);
  }
}

}  // namespace

std::string text_of_file(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw Error(ErrorKind::bad_input, "no file at " + path + ": give a result file");
  if (fs::is_directory(path, error)) {
    throw Error(ErrorKind::bad_input, path + " is a folder: give the file in it");
  }
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) throw Error(ErrorKind::bad_input, path + " cannot be read: may you read it?");
  return text.str();
}

void check_can_be_written(const std::string& option, const std::string& path) {
  const std::string named = option + " " + path;
  std::error_code ignored;  // it need not be there
  if (path.empty() || fs::is_directory(path, ignored)) {
    throw Error(ErrorKind::bad_input, named + " is a folder: give the name of a file, for instance report.json in it");
  }
  const Place place = place_of(path);
  if (place.written_on) {
    if (access(path.c_str(), W_OK) != 0) refuse(named, std::strerror(errno));
    return;
  }
  std::error_code error;
  const fs::path folder = place.end.parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) refuse(named, error.message());
  write_draft(draft_of(place.end), named, "");
  fs::remove(draft_of(place.end), ignored);
}

void write_file(const std::string& path, const std::string& text) {
  const Place place = place_of(path);
  if (place.written_on) return write_on(place, path, text);
  write_draft(draft_of(place.end), path, text);
  std::error_code error;
  fs::rename(draft_of(place.end), place.end, error);
  if (!error) return;
  std::error_code ignored;
  fs::remove(draft_of(place.end), ignored);
  refuse(path, error.message());
}

}  // namespace clear_native::bench
