#pragma once
// Runs the lab's programs as a user does.

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "temporary_folder.hpp"

namespace program_runs {

namespace fs = std::filesystem;
using xtape_tests::TemporaryFolder;

struct Outcome {
  int status;
  std::string output, errors;
};

inline std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// In the folder, so that messages have short paths; what it prints goes to a folder of its own.
inline Outcome run(const std::string& arguments, const TemporaryFolder& folder) {
  const TemporaryFolder printed;
  const std::string command = "cd '" + folder.path("").string() + "' && '" XTAPE_EXAMPLES_DIR "'/" +
                              arguments + " > '" + printed.path("out").string() + "' 2> '" +
                              printed.path("err").string() + "'";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content(printed.path("out")),
          content(printed.path("err"))};
}

inline std::map<std::string, std::string> files_of(const TemporaryFolder& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder.path("")))
    files[entry.path().filename().string()] = content(entry.path());
  return files;
}

inline void put(const TemporaryFolder& folder, const std::string& name, const std::string& text) {
  REQUIRE(content(folder.write(name, text)) == text);
}

// Points on both sides of a line, `features` numbers each.
inline std::string points(int count, int features = 2) {
  std::ostringstream text;
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < features; ++j) text << (i * (7 + 4 * j)) % 23 - 11 << ',';
    text << ((i * 7) % 23 > 11 ? 1 : 0) << '\n';
  }
  return text.str();
}

// The whole message, status 2, and every file as it was.
inline void check(const TemporaryFolder& folder, const std::string& arguments,
                  const std::string& message) {
  CAPTURE(arguments);
  const auto before = files_of(folder);
  const Outcome outcome = run(arguments, folder);
  CHECK(outcome.errors == message + "\n");
  CHECK(outcome.status == 2);
  CHECK(files_of(folder) == before);
}

inline const std::string help = "\nRun with --help for more information.";

}  // namespace program_runs
