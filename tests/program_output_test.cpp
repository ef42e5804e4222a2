// What the programs write: where a name leads, all or nothing, and never what was trained lost.

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "program_runs.hpp"
#include "sanitized.hpp"

using namespace program_runs;

TEST_CASE("a link stays a link, and what it names is written, with its permissions") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path("real"));
  put(folder, "real/old.json", "old");
  fs::permissions(folder.path("real/old.json"), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("real/old.json", folder.path("link.json"));
  fs::create_symlink("real/new.svg", folder.path("dangling.svg"));
  const Outcome outcome =
      run("train_neuron --quiet --n-epochs 1 --json link.json --plot dangling.svg", folder);
  CHECK(outcome.status == 0);
  CHECK(outcome.errors == "");
  CHECK(fs::is_symlink(folder.path("link.json")));
  CHECK(fs::is_symlink(folder.path("dangling.svg")));
  CHECK(content(folder.path("real/old.json")).starts_with("{"));
  CHECK(content(folder.path("real/new.svg")).starts_with("<svg"));
  CHECK(fs::status(folder.path("real/old.json")).permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(std::distance(fs::directory_iterator(folder.path("real")), fs::directory_iterator()) == 2);
}

TEST_CASE("a device is written to as it is") {
  const TemporaryFolder folder;
  fs::create_symlink("/dev/null", folder.path("nowhere"));
  CHECK(run("train_neuron --quiet --n-epochs 1 --json nowhere", folder).status == 0);
  CHECK(fs::is_symlink(folder.path("nowhere")));
  CHECK(fs::is_character_file("/dev/null"));
}

namespace {

// A line of the shell in the folder, with the programs in $programs: its exit status.
int shell(const TemporaryFolder& folder, const std::string& line) {
  const std::string command =
      "cd '" + folder.path("").string() + "' && programs='" XTAPE_EXAMPLES_DIR "' && " + line;
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("who reads a pipe gets all of it") {
  const TemporaryFolder folder;
  const int status =
      shell(folder,
            "mkfifo pipe && { timeout 30 cat pipe > got & } && timeout 30 $programs/train_neuron "
            "--quiet --n-epochs 0 --json pipe > out; result=$?; wait; exit $result");
  CHECK(status == 0);
  const std::string got = content(folder.path("got"));
  CHECK(got.starts_with("{\n  \"config\""));
  CHECK(got.ends_with("}\n"));
  CHECK(fs::is_fifo(folder.path("pipe")));
}

TEST_CASE("what the process has open is not replaced") {
  if (!fs::exists("/proc/self/fd/1")) return;
  const TemporaryFolder folder;
  fs::create_symlink("/proc/self/fd/1", folder.path("printed"));
  put(folder, "out", "before\n");
  CHECK(shell(folder, "$programs/train_neuron --quiet --n-epochs 0 --json printed >> out") == 0);
  const std::string out = content(folder.path("out"));
  CHECK(out.starts_with("before\ntraining accuracy "));
  CHECK(out.find("\n{\n  \"config\"") != std::string::npos);
}

TEST_CASE("a file in a folder of the system's is one like any other") {
  if (!fs::is_directory("/dev/shm")) return;
  const TemporaryFolder folder;
  const std::string file = "/dev/shm/" + folder.path("").parent_path().filename().string();
  const std::string line = "train_neuron --quiet --n-epochs 0 --save " + file;
  CHECK(run(line, folder).status == 0);
  CHECK(run(line, folder).status == 0);
  CHECK(run("train_neuron --quiet --n-epochs 0 --load " + file, folder).errors == "");
  fs::remove(file);
}

TEST_CASE("why a file cannot be made, and where") {
  const TemporaryFolder folder;
  fs::create_symlink("a", folder.path("b"));
  fs::create_symlink("b", folder.path("a"));
  fs::create_symlink("none/file", folder.path("link"));
  check(folder, "train_neuron --save a",
        "train_neuron: a: cannot be written: Too many levels of symbolic links");
  check(folder, "train_neuron --save link",
        "train_neuron: link: cannot be written: no file can be made in none: No such file or "
        "directory");
}

#ifndef XTAPE_SANITIZED  // which needs more memory than there is
TEST_CASE("what was trained is tested and saved with the memory that training took") {
  const TemporaryFolder folder;
  put(folder, "few.csv", points(30000));
  const int status = shell(folder,
                           "ulimit -v 1200000; $programs/train_network --quiet --hidden 3000 "
                           "--batch-size 50 --n-epochs 1 --data few.csv --save t.json --plot p.svg "
                           "> out 2> err");
  CHECK(status == 0);
  CHECK(content(folder.path("err")) == "");
  CHECK(content(folder.path("t.json")).starts_with("{"));
  CHECK(content(folder.path("p.svg")).starts_with("<svg"));
}
#endif

TEST_CASE("what is no file is not read for ever") {
  const TemporaryFolder folder;
  REQUIRE(shell(folder, "mkfifo pipe") == 0);
  for (const char* const file : {"/dev/zero", "pipe"}) {
    const std::string message =
        std::string(file) + ": this is no regular file, but a device or the like\n";
    CAPTURE(file);
    CHECK(shell(folder,
                std::string("timeout 30 $programs/train_neuron --load ") + file + " 2> err") == 2);
    CHECK(content(folder.path("err")) == "train_neuron: " + message);
    CHECK(shell(folder,
                std::string("timeout 30 $programs/check_my_derivation ") + file + " 2> err") == 2);
    CHECK(content(folder.path("err")) == "check_my_derivation: " + message);
  }
}

TEST_CASE("what was trained is saved though another file cannot be written") {
  const TemporaryFolder folder;
  const Outcome outcome =
      run("train_neuron --quiet --n-epochs 1 --json /dev/full --save s.json --plot p.svg --tex "
          "/dev/full",
          folder);
  CHECK(outcome.status == 2);
  CHECK(outcome.errors ==
        "train_neuron: /dev/full: cannot be written: No space left on device; "
        "/dev/full: cannot be written: No space left on device\n");
  CHECK(run("train_neuron --quiet --n-epochs 0 --load s.json", folder).status == 0);
  CHECK(content(folder.path("p.svg")).starts_with("<svg"));
}

TEST_CASE("a name that cannot be explained is told before anything is written") {
  const TemporaryFolder folder;
  put(folder, "k.dot", "keep");
  const auto refused = [&](const std::string& element, const std::string& message) {
    check(folder, "train_network --print-tape --dot k.dot --explain '" + element + "'",
          "train_network: --explain " + element + ": " + message);
  };
  const std::string there =
      "there are hidden.weight (2, 2), hidden.bias (2), output.weight (2, 1), output.bias (1)";
  refused("nope", "no parameter nope; " + there);
  refused("hidden.weight",
          "which element? hidden.weight has the shape (2, 2), its last element is "
          "hidden.weight[1,1]");
  for (const char* const element : {"hidden.weight[0,1,]", "output.bias[]", "[0,1]"})
    refused(element, "an element is named as in hidden.weight[0,1]");
}

TEST_CASE("an empty name is no file") {
  const TemporaryFolder folder;
  for (const char* const option :
       {"--save", "--load", "--data", "--json", "--plot", "--dot", "--tex", "--explain"})
    check(folder, std::string("train_neuron ") + option + " ''",
          std::string("train_neuron: ") + option + ": it is empty" + help);
}

TEST_CASE("parameters that are loaded are replaced by parameters alone") {
  const TemporaryFolder folder;
  REQUIRE(run("train_neuron --quiet --n-epochs 0 --save p.json", folder).status == 0);
  for (const char* const option : {"--json", "--plot", "--dot", "--tex"})
    check(folder, std::string("train_neuron --load p.json ") + option + " ./p.json",
          std::string("train_neuron: --load p.json and ") + option + " ./p.json are the same file");
  CHECK(run("train_neuron --quiet --n-epochs 1 --load p.json --save p.json", folder).status == 0);
}

TEST_CASE("options given twice, or without their value") {
  const TemporaryFolder folder;
  check(folder, "train_network --hidden 2 --hidden 3",
        "train_network: --hidden: it is given twice" + help);
  check(folder, "train_network --linearly-separable",
        "train_network: --linearly-separable: a value is expected" + help);
}

TEST_CASE("a standard output that is full is told") {
  const TemporaryFolder folder;
  const std::string command = "'" XTAPE_EXAMPLES_DIR
                              "'/train_neuron --quiet --n-epochs 0 > /dev/full "
                              "2> '" +
                              folder.path("err").string() + "'";
  const int status = std::system(command.c_str());
  CHECK(WEXITSTATUS(status) == 2);
  CHECK(content(folder.path("err")) == "train_neuron: the standard output cannot be written\n");
}
