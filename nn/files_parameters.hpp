#pragma once
// The parameters of a module in a file, by their names.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>
#include <xtape/nn/files.hpp>
#include <xtape/nn/module.hpp>

namespace xtape::nn {

/// A parameter of a module under its dotted name, of doubles or floats.
struct NamedParameter {
  std::string name;
  std::variant<Parameter*, ParameterF*> parameter;

  [[nodiscard]] const Shape& shape() const;
  /// The numbers, row by row.
  [[nodiscard]] std::vector<double> values() const;
};

/// All parameters of a module, in the order in which it names them.
template <class Module>
std::vector<NamedParameter> named_parameters(Module& module) {
  std::vector<NamedParameter> result;
  for_each_parameter(const_cast<std::remove_const_t<Module>&>(module),  // it only names them
                     [&]<class T>(const std::string& name, BasicParameter<T>& parameter) {
                       result.push_back({name, &parameter});
                     });
  return result;
}

/// See the function of a module.
void save_parameters(const std::filesystem::path& path,
                     const std::vector<NamedParameter>& parameters);
void load_parameters(const std::filesystem::path& path,
                     const std::vector<NamedParameter>& parameters);

/// Writes the parameters of a module as an archive of NumPy's, one array for each, under its dotted
/// name: numpy.load(path)["hidden.weight"]. The same parameters give the same bytes. What stood
/// there stays until the new file is complete.
///
/// Throws FileError where the file cannot be written, a number is not finite (it could not be
/// loaded), two parameters have one name, or this library was built without libzip.
template <class Module>
void save_parameters(const std::filesystem::path& path, const Module& module) {
  save_parameters(path, named_parameters(module));
}

/// Reads the parameters of a module from an archive that `save_parameters` or numpy.savez wrote.
/// Everything is checked before anything changes: every parameter has its array and every array its
/// parameter, the shapes are equal, and each number is finite. Elements are float32, float64,
/// integers or bool. What was recorded with the old values has to be recorded again.
///
/// Throws FileError with the name of the parameter, what is there, and what is expected.
template <class Module>
void load_parameters(const std::filesystem::path& path, Module& module) {
  load_parameters(path, named_parameters(module));
}

/// For files of another format: puts the numbers that `read(parameter)` gives into each of the
/// parameters once all have been checked as in `load_parameters`. `names` are those of the file.
/// `read` is asked for names that the file has; it calls `check_shape` as soon as it knows the
/// shape.
void assign_parameters(
    const std::filesystem::path& path, const std::vector<NamedParameter>& parameters,
    const std::vector<std::string>& names,
    const std::function<std::vector<double>(const NamedParameter& parameter)>& read);
/// Throws FileError where a file has another shape for a parameter than the model.
void check_shape(const std::filesystem::path& path, const NamedParameter& parameter,
                 std::span<const std::size_t> found);

}  // namespace xtape::nn
