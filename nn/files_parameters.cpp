#include <algorithm>
#include <cmath>
#include <utility>
#include <xtape/nn/files_common.hpp>
#include <xtape/nn/files_npz.hpp>
#include <xtape/nn/files_output.hpp>
#include <xtape/nn/files_parameters.hpp>

namespace xtape::nn {
namespace {

using detail::fail;

template <class T>
std::string npy_of(const BasicParameter<T>& parameter) {
  return detail::npy_bytes({parameter.shape().begin(), parameter.shape().end()},
                           parameter.value().data());
}

const void* array_of(const NamedParameter& parameter) {
  return std::visit([](const auto* p) { return static_cast<const void*>(p->storage().get()); },
                    parameter.parameter);
}

void check_numbers(const std::filesystem::path& path, const NamedParameter& parameter,
                   const std::vector<double>& values) {
  const bool narrow = std::holds_alternative<ParameterF*>(parameter.parameter);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(narrow ? static_cast<double>(static_cast<float>(values[i])) : values[i]))
      fail(path, parameter.name + ": value " + std::to_string(i + 1) + ": " +
                     detail::number_text(values[i]) + " is not a finite " +
                     (std::isfinite(values[i]) ? "float" : "number"));
}

// Two names of one parameter cannot have two values.
void check_shared(const std::filesystem::path& path, const std::vector<NamedParameter>& parameters,
                  const std::vector<std::vector<double>>& values) {
  for (std::size_t i = 0; i < parameters.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (array_of(parameters[i]) == array_of(parameters[j]) && values[i] != values[j])
        fail(path, parameters[j].name + " and " + parameters[i].name +
                       " are one parameter of the model, and their values differ");
}

}  // namespace

const Shape& NamedParameter::shape() const {
  return std::visit([](const auto* p) -> const Shape& { return p->shape(); }, parameter);
}

std::vector<double> NamedParameter::values() const {
  return std::visit(
      [](const auto* p) {
        const auto* const data = p->value().data();
        return std::vector<double>(data, data + p->size());
      },
      parameter);
}

void save_parameters(const std::filesystem::path& path,
                     const std::vector<NamedParameter>& parameters) {
  if (path.empty()) fail("save_parameters", "a file name is expected");
  if (parameters.empty()) fail(path, "the model has no parameters");
  OutputFile file(path);
  std::vector<std::pair<std::string, std::string>> members;
  for (const NamedParameter& parameter : parameters) {
    for (const auto& [name, unused] : members)
      if (name == parameter.name + ".npy")
        fail(path, "two parameters of the model are named " + parameter.name);
    check_numbers(path, parameter, parameter.values());
    members.emplace_back(parameter.name + ".npy",
                         std::visit([](const auto* p) { return npy_of(*p); }, parameter.parameter));
  }
  file.write(detail::npz_bytes(path, members));
}

void load_parameters(const std::filesystem::path& path,
                     const std::vector<NamedParameter>& parameters) {
  const detail::Npz archive(path);
  assign_parameters(path, parameters, archive.names(), [&](const NamedParameter& parameter) {
    auto array =
        detail::parse_npy_array(path, archive.member(parameter.name), parameter.name + ": ",
                                [&](const auto& shape) { check_shape(path, parameter, shape); });
    return std::move(array.values);
  });
}

void assign_parameters(
    const std::filesystem::path& path, const std::vector<NamedParameter>& parameters,
    const std::vector<std::string>& names,
    const std::function<std::vector<double>(const NamedParameter& parameter)>& read) {
  std::vector<std::vector<double>> values;
  std::string wanted;
  for (const NamedParameter& parameter : parameters) {
    if (std::ranges::find(names, parameter.name) == names.end())
      fail(path, "there is no parameter " + parameter.name);
    values.push_back(read(parameter));
    check_numbers(path, parameter, values.back());
    wanted += (wanted.empty() ? "" : ", ") + parameter.name;
  }
  for (const std::string& name : names)
    if (std::ranges::find(parameters, name, &NamedParameter::name) == parameters.end())
      fail(path, "parameter \"" + detail::printable(name) + "\" is none of the model's: " + wanted);
  check_shared(path, parameters, values);
  for (std::size_t i = 0; i < parameters.size(); ++i)
    std::visit(
        [&]<class T>(BasicParameter<T>* p) {
          p->update([&](T* to, std::size_t) {
            std::ranges::transform(values[i], to, [](double x) { return static_cast<T>(x); });
          });
        },
        parameters[i].parameter);
}

void check_shape(const std::filesystem::path& path, const NamedParameter& parameter,
                 std::span<const std::size_t> found) {
  const Shape& shape = parameter.shape();
  if (std::ranges::equal(found, shape)) return;
  std::string text;
  for (const std::size_t extent : found)
    text += (text.empty() ? "" : ", ") + std::to_string(extent);
  fail(path, parameter.name + ": shape (" + text + ") where the model has " + to_string(shape));
}

}  // namespace xtape::nn
