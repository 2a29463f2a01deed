#include "wrapped_text.hpp"

#include <algorithm>

namespace clear_native::report {
namespace {

constexpr std::size_t tab_columns = 8;

bool starts_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

bool is_space(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\n';
}

/// Where each code point begins, and the end.
std::vector<std::size_t> code_points(const std::string& text) {
  std::vector<std::size_t> begins;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (starts_code_point(text[i]) || i == 0) begins.push_back(i);
  }
  begins.push_back(text.size());
  return begins;
}

/// Without bell, backspace, vertical tab, form feed and carriage return, and with spaces for tabs.
std::string printable(const std::string& line) {
  std::string text;
  for (const char byte : line) {
    if (byte == '\a' || byte == '\b' || byte == '\v' || byte == '\f' || byte == '\r') continue;
    if (byte == '\t') {
      text.append(tab_columns - columns_of(text) % tab_columns, ' ');
    } else {
      text += byte;
    }
  }
  return text;
}

/// A word with the white space after it; the first one also with that before it.
struct Word {
  std::size_t begin = 0;
  std::size_t columns = 0;
  std::size_t columns_stripped = 0;
};

std::vector<Word> words_of(const std::string& line) {
  std::vector<Word> words;
  std::size_t at = 0;
  while (at < line.size()) {
    std::size_t end = at;
    while (end < line.size() && is_space(line[end])) ++end;
    if (end == line.size()) break;  // nothing but white space is no word
    while (end < line.size() && !is_space(line[end])) ++end;
    const std::size_t stripped = end;
    while (end < line.size() && is_space(line[end])) ++end;
    words.push_back({at, columns_of(line.substr(at, end - at)), columns_of(line.substr(at, stripped - at))});
    at = end;
  }
  return words;
}

/// Breaks a word wider than a line into lines; the column after its end.
std::size_t fold(const std::string& line, const Word& word, std::size_t width, std::vector<std::size_t>& breaks) {
  const std::vector<std::size_t> begins = code_points(line.substr(word.begin));
  for (std::size_t point = 0; point < word.columns; point += width) {
    if (word.begin + begins[point] > 0) breaks.push_back(word.begin + begins[point]);
  }
  return word.columns % width == 0 ? width : word.columns % width;
}

std::vector<std::size_t> breaks_of(const std::string& line, std::size_t width) {
  std::vector<std::size_t> breaks;
  std::size_t column = 0;
  for (const Word& word : words_of(line)) {
    if (column <= width && width - column >= word.columns_stripped) {
      column += word.columns;
    } else if (word.columns_stripped > width) {
      column = fold(line, word, width, breaks);
    } else if (column > 0 && word.begin > 0) {
      breaks.push_back(word.begin);
      column = word.columns;
    }
  }
  return breaks;
}

void append_wrapped(const std::string& line, std::size_t width, std::vector<std::string>& lines) {
  std::vector<std::size_t> breaks = breaks_of(line, width);
  breaks.push_back(line.size());
  std::size_t begin = 0;
  for (const std::size_t end : breaks) {
    std::string part = right_stripped(line.substr(begin, end - begin));
    const std::vector<std::size_t> begins = code_points(part);
    if (begins.size() - 1 > width) part.resize(begins[width]);
    lines.push_back(std::move(part));
    begin = end;
  }
}

}  // namespace

std::size_t columns_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_code_point));
}

std::string padding(std::size_t width, const std::string& text) {
  return std::string(width - std::min(width, columns_of(text)), ' ');
}

std::string right_stripped(std::string text) {
  while (!text.empty() && is_space(text.back())) text.pop_back();
  return text;
}

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    append_wrapped(printable(text.substr(begin, end - begin)), width, lines);
    begin = end + 1;
  }
  append_wrapped(printable(text.substr(begin)), width, lines);
  return lines;
}

}  // namespace clear_native::report
