#include <xtape/nn/files_isolated.hpp>

#include <cstring>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <xtape/nn/files_common.hpp>

#if (defined(__unix__) || defined(__APPLE__)) && !defined(__EMSCRIPTEN__)
#define XTAPE_HAVE_FORK
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#endif

namespace xtape::nn::detail {

const char* Receiver::take(std::uint64_t count, std::size_t size) {
  if (count > (bytes_.size() - at_) / size) throw std::out_of_range("Receiver: too few bytes");
  const char* data = bytes_.data() + at_;
  at_ += static_cast<std::size_t>(count) * size;
  return data;
}

std::uint64_t Receiver::number() {
  std::uint64_t n = 0;
  std::memcpy(&n, take(1, sizeof n), sizeof n);
  return n;
}

std::string Receiver::text() {
  const auto size = number();
  const char* data = take(size, 1);
  return {data, static_cast<std::size_t>(size)};
}

std::vector<double> Receiver::numbers() {
  const auto count = number();
  const char* data = take(count, sizeof(double));
  std::vector<double> values(static_cast<std::size_t>(count));
  if (count != 0) std::memcpy(values.data(), data, values.size() * sizeof(double));
  return values;
}

#ifndef XTAPE_HAVE_FORK

void isolated(const std::filesystem::path&, const std::function<void(Sender&)>& work,
              const std::function<void(Receiver&)>& result) {
  Sender sender;
  work(sender);
  Receiver receiver(sender.bytes());
  result(receiver);
}

#else
namespace {

constexpr char ok = 'k', file_error = 'f';  // the first byte that the process sends

void limit(int resource, rlim_t value) {
  rlimit limits{};
  if (getrlimit(resource, &limits) != 0) return;
  if (limits.rlim_max != RLIM_INFINITY && limits.rlim_max < value) value = limits.rlim_max;
  limits.rlim_cur = value;
  (void)setrlimit(resource, &limits);
}

// The addresses that this process has in use, in bytes; 0 where the system does not say.
std::uint64_t addresses_in_use() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t pages = 0;
  file >> pages;
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void send(int pipe, const char* data, std::size_t size) {
  while (size > 0) {
    const auto sent = write(pipe, data, size);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) _exit(1);
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
}

[[noreturn]] void run_and_send(int pipe, std::uint64_t file_size,
                               const std::function<void(Sender&)>& work) {
  constexpr std::uint64_t megabyte = 1 << 20;
  if (const auto in_use = addresses_in_use(); in_use != 0)
    limit(RLIMIT_AS, in_use + 1024 * megabyte + 64 * file_size);
  limit(RLIMIT_CPU, 5 + file_size / (8 * megabyte));
  limit(RLIMIT_CORE, 0);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU, SIGPIPE})
    (void)std::signal(fault, SIG_DFL);  // a test runner's handlers have no business here
  if (const int nowhere = open("/dev/null", O_RDWR); nowhere >= 0)
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      (void)dup2(nowhere, stream);
  try {
    Sender sender;
    work(sender);
    send(pipe, &ok, 1);
    send(pipe, sender.bytes().data(), sender.bytes().size());
    _exit(0);
  } catch (const FileError& error) {
    send(pipe, &file_error, 1);
    send(pipe, error.what(), std::strlen(error.what()));
    _exit(0);
  } catch (...) {
    _exit(1);
  }
}

std::string receive(int pipe) {
  std::string bytes;
  std::array<char, 1 << 16> block;
  for (;;) {
    const auto count = read(pipe, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return bytes;
    bytes.append(block.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace

void isolated(const std::filesystem::path& path, const std::function<void(Sender&)>& work,
              const std::function<void(Receiver&)>& result) {
  const auto cannot = [] {
    throw std::system_error(errno, std::generic_category(), "read_mat: no process could be made");
  };
  std::error_code ignored;
  const auto file_size = std::filesystem::file_size(path, ignored);
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) cannot();
  const pid_t child = fork();
  if (child < 0) {
    const int error = errno;
    close(ends[0]);
    close(ends[1]);
    errno = error;
    cannot();
  }
  if (child == 0) {
    close(ends[0]);
    run_and_send(ends[1], ignored ? 0 : file_size, work);
  }
  close(ends[1]);
  std::string bytes;
  std::exception_ptr error;
  try {
    bytes = receive(ends[0]);
  } catch (...) {  // no memory: the process is still to be waited for
    error = std::current_exception();
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (error) std::rethrow_exception(error);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || bytes.empty())
    fail(path,
         "this file is damaged, or larger than memory: the library that reads MATLAB files gave "
         "up on it");
  const char first = bytes.front();
  bytes.erase(0, 1);
  if (first == file_error) throw FileError(bytes);
  Receiver receiver(std::move(bytes));
  result(receiver);
}

#endif

}  // namespace xtape::nn::detail
