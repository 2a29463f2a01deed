#include "files.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "core/errors.hpp"

namespace clear_native::bench {
namespace {

namespace fs = std::filesystem;

/// Beside the file itself, so that it can be moved there at once.
fs::path draft_of(const fs::path& path) {
  return path.string() + ".part-" + std::to_string(getpid());
}

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
  throw Error(ErrorKind::bad_input,
              what + " cannot be written (" + why + "): give a file in a folder you may write to");
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
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) refuse(named, error.message());
  write_draft(draft_of(path), named, "");
  fs::remove(draft_of(path), ignored);
}

void write_file(const std::string& path, const std::string& text) {
  write_draft(draft_of(path), path, text);
  std::error_code error;
  fs::rename(draft_of(path), path, error);
  if (!error) return;
  std::error_code ignored;
  fs::remove(draft_of(path), ignored);
  refuse(path, error.message());
}

}  // namespace clear_native::bench
