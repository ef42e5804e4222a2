// What the programs write: where a name leads, all or nothing, and never what was trained lost.

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "program_runs.hpp"

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
