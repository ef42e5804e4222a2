#pragma once
// The command line of the lab's programs.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace lab {

/// What tells one program from the other.
struct Program {
  std::string name;
  std::string description;
  bool linearly_separable;  // the set it is trained on by default
  bool has_hidden_layer = false;
};

/// What the hidden layer's activation can be.
inline constexpr std::array activations = {"sigmoid", "tanh", "relu", "softplus"};
/// "sigmoid, tanh, relu or softplus".
std::string listed_activations();

/// The course's defaults.
struct Options {
  bool linearly_separable = true;
  std::size_t batch_size = 500;
  bool batch_size_given = false;  // else a smaller set is one batch
  double learning_rate = 0.5;
  std::size_t n_epochs = 1000;
  std::uint64_t seed = 1;
  std::string optimizer = "sgd";
  std::size_t hidden = 2;              // neurons of the hidden layer, where there is one
  std::string activation = "sigmoid";  // of the hidden layer
  bool hidden_given = false, activation_given = false;  // else as in the file that is loaded
  std::string data;                                     // a file; empty: generated
  std::string load, save;                               // files; empty: none, as for all below
  std::string json, plot, dot, tex;
  std::string explain;  // a parameter's element, as "hidden.weight[0,1]"; empty: none
  bool print_tape = false;
  bool check_gradients = false;
  bool quiet = false;
  std::size_t log_every = 0;  // epochs for each line of a log; 0: some twenty lines in all
};

inline constexpr int success = 0;
inline constexpr int gradients_differ = 1;
inline constexpr int bad_input = 2;
inline constexpr int diverged = 3;  // a loss that is not finite

/// Reads the command line into `options`; the exit status where there is nothing more to do: after
/// --help, or after the message about what is wrong.
std::optional<int> parse(const Program& program, int argc, char** argv, Options& options);

}  // namespace lab
