#include "program.hpp"

#include <CLI/CLI.hpp>
#include <ostream>
#include <set>
#include <xtape/autodiff/check/compare_module.hpp>
#include <xtape/nn.hpp>
#include <xtape/nn/files_common.hpp>

#include "formula.hpp"

namespace derivation {
namespace {

using xtape::Array;

constexpr const char* no_name_of_network =
    "no name of the network is in the file: is --model neuron meant?";

// The samples, and everything that formulas may name.
struct Setting {
  Array<double> x, t;
  std::map<std::string, Known> known;
  std::vector<Wanted> wanted;
  std::map<std::string, std::string> parameters;  // "dw" is that of "output.weight"
  xtape::Notation notation;
};

Setting samples(const Options& options, xtape::Random& random) {
  Setting s;
  s.x = Array<double>::from_shape({options.n, std::size_t{2}});
  s.t = Array<double>::from_shape({options.n, std::size_t{1}});
  random.fill_uniform(s.x.data(), s.x.size(), -2, 2);
  for (double& label : s.t) label = static_cast<double>(random.below(2));
  s.known["N"] = {Array<double>(static_cast<double>(options.n)), {}};
  return s;
}

// An array of the recording under a name of the sheet; axes of one element that the sheet does not
// have are left out.
template <class E>
void add(Setting& s, const std::string& name, const E& values, std::vector<std::string> axes) {
  Known known{values, std::move(axes)};
  std::vector<std::size_t> shape(known.values.shape().begin(), known.values.shape().end());
  while (shape.size() > known.axes.size()) shape.pop_back();
  known.values.reshape(shape);
  s.known[name] = std::move(known);
}

void draw(xtape::Parameter& parameter, xtape::Random& random) {
  parameter.update([&](double* values, std::size_t n) { random.fill_normal(values, n, 0, 0.5); });
}

std::string name_of_network(const Source& source);

// What the file gives no formula of, and what to do where it may be one for the other model.
std::string not_judged(const Source& source, const Options& options, const Gradients& formulas,
                       const std::vector<Wanted>& wanted, bool passed) {
  std::string names;
  for (const Wanted& each : wanted)
    if (!formulas.contains(each.name)) names += (names.empty() ? "" : ", ") + each.usual;
  if (names.empty()) return "";
  const bool other = !passed && options.model == "network" && name_of_network(source).empty();
  return "Not judged, because the file has no formula for it: " + names + "\n" +
         (other ? std::string(no_name_of_network) + "\n" : "");
}

template <class Model>
int report(const Source& source, const Options& options, Model& model, const xtape::Variable& J,
           const Setting& s, std::ostream& out) {
  const Gradients formulas = gradients_of(source, s.known, s.wanted);
  xtape::ByHand by_hand;
  xtape::nn::for_each_parameter(model, [&](const std::string& name, const auto& parameter) {
    for (const auto& [gradient, of] : s.parameters)
      if (of == name && formulas.contains(gradient)) {
        Array<double> values = formulas.at(gradient);  // in the parameter's shape
        values.reshape(
            std::vector<std::size_t>(parameter.shape().begin(), parameter.shape().end()));
        by_hand[name] = values;
      }
  });
  auto comparison = compare(J, model, by_hand,
                            {.samples = options.n, .notation = s.notation, .as_on_paper = true});
  comparison.missing.clear();  // are told below, in the names of the file
  out << source.name << ", the " << options.model << " on " << options.n
      << (options.n == 1 ? " sample" : " samples") << ", elements counted from 1:\n\n"
      << comparison.text({.rows = options.all ? std::size_t(-1) : 8})
      << not_judged(source, options, formulas, s.wanted, comparison.passed());
  return comparison.passed() ? right : wrong;
}

int judge_neuron(const Source& source, const Options& options, std::ostream& out) {
  xtape::Random random(options.seed);
  Setting s = samples(options, random);
  xtape::nn::Neuron neuron(2, random, xtape::nn::normal(0.58));
  draw(neuron.bias, random);
  xtape::Tape tape;
  const auto a = linear(tape.constant(s.x, "x"), neuron.weight, neuron.bias).named("a");
  const auto y = sigmoid(a).named("y");
  const auto J = xtape::nn::half_mse(y, tape.constant(s.t, "t")).named("J");
  add(s, "x", s.x, {"samples", "inputs"});
  add(s, "t", s.t, {"samples"});
  add(s, "w", neuron.weight.value(), {"inputs"});
  add(s, "b", neuron.bias.value(), {});
  add(s, "a", a.value(), {"samples"});
  add(s, "y", y.value(), {"samples"});
  s.wanted = {{"dw", {2}, "dw[k]"}, {"db", {}, "db"}};
  s.parameters = {{"dw", "weight"}, {"db", "bias"}};
  s.notation = {{"weight", "w"}, {"bias", "b"}};
  return report(source, options, neuron, J, s, out);
}

int judge_network(const Source& source, const Options& options, std::ostream& out) {
  xtape::Random random(options.seed);
  Setting s = samples(options, random);
  xtape::nn::Network net({2, 2, 1}, xtape::sigmoid, random);
  for (auto& layer : net.layers) draw(layer.map.bias, random);
  const auto &hidden = net.layers[0].map, &output = net.layers[1].map;
  xtape::Tape tape;
  const auto y = net(tape.constant(s.x, "x")).named("y");
  const auto J = xtape::nn::half_mse(y, tape.constant(s.t, "t")).named("J");
  // The four arrays of the network, in the order in which they are recorded.
  const auto made = [&](std::uint32_t record) {
    return tape.handle(tape.record_at(record).first_output).value();
  };
  const std::vector<std::string> of_hidden = {"samples", "hidden neurons"};
  add(s, "x", s.x, {"samples", "inputs"});
  add(s, "t", s.t, {"samples"});
  add(s, "W~", hidden.weight.value(), {"inputs", "hidden neurons"});
  add(s, "b~", hidden.bias.value(), {"hidden neurons"});
  add(s, "a~", made(0), of_hidden);
  add(s, "h", made(1), of_hidden);
  add(s, "w", output.weight.value(), {"hidden neurons"});
  add(s, "b", output.bias.value(), {});
  add(s, "a", made(2), {"samples"});
  add(s, "y", y.value(), {"samples"});
  s.wanted = {
      {"dW~", {2, 2}, "dW~[j,k]"}, {"db~", {2}, "db~[k]"}, {"dw", {2}, "dw[k]"}, {"db", {}, "db"}};
  s.parameters = {{"dW~", "hidden.weight"},
                  {"db~", "hidden.bias"},
                  {"dw", "output.weight"},
                  {"db", "output.bias"}};
  s.notation = {{"hidden.weight", "W̃"},  {"hidden.bias", "b̃"},   {"hidden.linear", "ã"},
                {"hidden.sigmoid", "h"}, {"output.weight", "w"}, {"output.bias", "b"},
                {"output.linear", "a"}};
  return report(source, options, net, J, s, out);
}

CLI::Validator whole_number_from(std::uint64_t least, std::uint64_t most) {
  return {
      [least, most](const std::string& text) -> std::string {
        std::uint64_t number = 0;
        const bool digits =
            !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
        if (digits && CLI::detail::lexical_cast(text, number) && number >= least && number <= most)
          return {};
        return "'" + text + "' is not a whole number from " + std::to_string(least) + " to " +
               std::to_string(most);
      },
      ""};
}

// A name that only the network has, and that is none of one's own: what has a tilde, or h. "" where
// there is none, or where that cannot be read.
std::string name_of_network(const Source& source) {
  std::vector<Token> words;
  try {
    words = words_of(source);
  } catch (const FormulaError&) {
    return "";
  }
  const auto is = [&](std::size_t i, const char* sign) {
    return words[i].kind == Token::Kind::sign && words[i].text == sign;
  };
  std::set<std::string> own;
  std::vector<std::string> found;
  int depth = 0;  // of indices, whose letters are no names
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& text = words[i].text;
    if (is(i, "[") || is(i, "{")) ++depth;
    if (is(i, "]") || is(i, "}")) --depth;
    if (words[i].kind != Token::Kind::name || depth > 0 || (i > 0 && is(i - 1, "_"))) continue;
    const bool begins = i == 0 || words[i - 1].kind == Token::Kind::end_of_line;
    if (begins && !text.starts_with("d")) own.insert(text);
    if (text == "h" || text.ends_with("~")) found.push_back(text);
  }
  for (const std::string& name : found)
    if (!own.contains(name)) return name;
  return "";
}

// What to do where the file is one for the other model; "" where it is not.
std::string other_model(const Source& source, const Options& options) {
  const std::string name = name_of_network(source);
  if (options.model == "neuron")
    return name.empty() ? "" : name + " is a name of the network: is --model network meant?";
  return name.empty() ? no_name_of_network : "";
}

}  // namespace

int judge(const Source& source, const Options& options, std::ostream& out) {
  try {
    return options.model == "network" ? judge_network(source, options, out)
                                      : judge_neuron(source, options, out);
  } catch (const FormulaError& error) {
    const std::string hint = other_model(source, options);
    if (hint.empty()) throw;
    throw FormulaError(error.what() + ("\n" + hint));
  }
}

int run(int argc, char** argv, std::ostream& out, std::ostream& err) {
  const std::string name = "check_my_derivation";
  Options options;
  CLI::App app(
      "Judges gradients that were derived by hand: the lab's neuron or 2-2-1 network is drawn at "
      "random, your formulas are evaluated and put beside autodiff's numbers, and what is wrong "
      "is diagnosed.",
      name);
  app.option_defaults()->always_capture_default();
  app.add_option("FILE", options.file, "Your formulas")->required();
  app.add_option("--model", options.model, "What they are about")
      ->check(CLI::IsMember({"neuron", "network"}));
  app.add_option("--n", options.n, "Samples")->check(whole_number_from(1, 100000));
  app.add_option("--seed", options.seed, "Of samples and weights")
      ->check(whole_number_from(0, std::uint64_t(-1)));
  app.add_flag("--all", options.all, "Shows every element, however many there are");
  app.footer(
      "A file for the neuron:\n"
      "  # comments begin with a number sign\n"
      "  dw[k] = 1/N * sum_i (y[i] - t[i]) * s'(a[i]) * x[i,k]\n"
      "  db    = 1/N * sum_i (y[i] - t[i]) * s'(a[i])\n"
      "For the network dW~[j,k], db~[k], dw[k] and db are wanted, from x[i,j], a~[i,k], h[i,k],\n"
      "W~[j,k], b~[k], w[k], b, a[i], y[i], t[i] and N. The sheet's way of writing is read too:\n"
      "∂J/∂w_k = 1/N Σᵢ (yᵢ − tᵢ) σ′(aᵢ) x_{i,k}. A sum reaches to the end of its product, and an\n"
      "own name, delta[i] = ..., can be used in later lines. What the file has no formula for is\n"
      "not judged, and said at the end.\n\n"
      "Exit status: 0 if all formulas are right, 1 if not, 2 for bad input.");
  using xtape::nn::detail::printable;
  app.failure_message([](const CLI::App* parsed, const CLI::Error& error) {
    return parsed->get_name() + ": " + printable(error.what(), std::string::npos) +
           "\nRun with --help for more information.\n";
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, out, err) == 0 ? right : bad_input;
  }
  try {
    return judge(
        {printable(options.file, std::string::npos), xtape::nn::detail::read_bytes(options.file)},
        options, out);
  } catch (const FormulaError& error) {
    err << error.what() << "\n";
  } catch (const std::exception& error) {
    err << name << ": " << printable(error.what(), std::string::npos) << "\n";
  }
  return bad_input;
}

}  // namespace derivation
