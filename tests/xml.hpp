#pragma once
// Whether a text is well-formed XML, as far as our pictures use it: elements, attributes in double
// quotes, the five entities.

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace xml {

inline bool plain(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<' || (static_cast<unsigned char>(text[i]) < 0x20 && text[i] != '\n'))
      return false;
    if (text[i] != '&') continue;
    bool known = false;
    for (const char* entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"})
      known = known || text.substr(i).starts_with(entity);
    if (!known) return false;
  }
  return true;
}

/// What is wrong, with the place; empty where nothing is.
inline std::string problem(std::string_view text) {
  std::vector<std::string> open;
  std::size_t i = 0, elements = 0;
  const auto wrong = [&](const std::string& what) {
    return what + ": " + std::string(text.substr(i, 60));
  };
  const auto name = [&](std::size_t from) {
    std::size_t end = from;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 ||
                                 text[end] == '-' || text[end] == ':'))
      ++end;
    return text.substr(from, end - from);
  };
  while (i < text.size()) {
    const std::size_t next = std::min(text.find('<', i), text.size());
    const std::string_view between = text.substr(i, next - i);
    if (!plain(between)) return wrong("text");
    if (open.empty() && between.find_first_not_of(" \n") != std::string_view::npos)
      return wrong("text outside");
    i = next;
    if (i == text.size()) break;
    if (text.substr(i).starts_with("</")) {
      const std::string_view closed = name(i + 2);
      if (open.empty() || open.back() != closed) return wrong("end");
      open.pop_back();
      i += 2 + closed.size();
      if (i >= text.size() || text[i] != '>') return wrong("end");
      ++i;
      continue;
    }
    const std::string_view opened = name(i + 1);
    if (opened.empty() || (open.empty() && elements > 0)) return wrong("element");
    ++elements;
    i += 1 + opened.size();
    std::vector<std::string> seen;
    while (i < text.size() && text[i] == ' ') {
      const std::string_view attribute = name(i + 1);
      const std::size_t begin = i + 1 + attribute.size();
      if (attribute.empty() || !text.substr(begin).starts_with("=\"")) return wrong("attribute");
      const std::size_t end = text.find('"', begin + 2);
      if (end == std::string_view::npos || !plain(text.substr(begin + 2, end - begin - 2)))
        return wrong("value");
      for (const auto& other : seen)
        if (other == attribute) return wrong("attribute twice");
      seen.emplace_back(attribute);
      i = end + 1;
    }
    if (text.substr(i).starts_with("/>")) {
      i += 2;
    } else if (i < text.size() && text[i] == '>') {
      open.emplace_back(opened);
      ++i;
    } else {
      return wrong("element");
    }
  }
  return open.empty() && elements > 0 ? "" : wrong("end missing");
}

}  // namespace xml
