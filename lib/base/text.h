// Foreign text (paths, names out of files) made fit for a one-line message. Uses std only.
#pragma once
#include <charconv>
#include <string>
#include <string_view>

namespace fovea {

// The shortest text that reads back as the same number, whatever the host's locale is.
inline std::string exact(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

// 'text', with control characters as \xNN. Where it is longer than `limit` bytes its beginning gives way
// to "...", never inside a UTF-8 sequence: the end of a path or of a tensor's name is what tells it apart.
inline std::string in_quotes(std::string_view text, size_t limit = 160) {
  std::string out = "'";
  if (text.size() > limit) {
    text.remove_prefix(text.size() - limit);
    while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0) == 0x80) text.remove_prefix(1);
    out += "...";
  }
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      out += c;
    } else {
      constexpr char kDigits[] = "0123456789abcdef";
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out += '\'';
}

// Whether the bytes are well-formed UTF-8 (RFC 3629).
inline bool is_utf8(std::string_view text) {
  size_t i = 0;
  const auto byte = [&](size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
  while (i < text.size()) {
    const unsigned first = byte(i);
    if ((first >= 0x80 && first < 0xC2) || first > 0xF4) return false;
    const size_t more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    for (size_t k = 1; k <= more; ++k)
      if ((byte(i + k) & 0xC0) != 0x80) return false;
    const unsigned second = byte(i + 1);
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F))
      return false;  // too long; surrogates
    if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
      return false;  // too long; too large
    i += more + 1;
  }
  return true;
}

// Likewise without control characters.
inline bool is_printable_utf8(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  return is_utf8(text);
}

// The text with U+FFFD for every byte that is not part of well-formed UTF-8.
inline std::string as_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t n = 1;
    while (n < 4 && n < text.size() && !is_utf8(text.substr(0, n))) ++n;
    const bool whole = is_utf8(text.substr(0, n));
    out += whole ? text.substr(0, n) : std::string_view("\xEF\xBF\xBD");
    text.remove_prefix(whole ? n : 1);
  }
  return out;
}

}  // namespace fovea
