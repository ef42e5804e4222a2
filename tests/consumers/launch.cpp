// launch COUNT PROGRAM: runs a program so often and prints, in one line, the median and the least
// wall time of a run in milliseconds, the median of its processor time, and the largest memory in
// megabytes. (A process begins with the memory of the one that starts it in its account, so that
// must be a small one.)

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int count, char** arguments) {
  if (count != 3) return 2;
  std::vector<double> wall, processor;
  double memory = 0;
  for (int n = std::atoi(arguments[1]); n > 0; --n) {
    const auto start = std::chrono::steady_clock::now();
    const pid_t child = fork();
    if (child == 0) {
      if (std::freopen("/dev/null", "w", stdout) != nullptr)
        execl(arguments[2], arguments[2], static_cast<char*>(nullptr));
      _exit(127);
    }
    int status = 0;
    rusage usage{};
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) return 1;
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    wall.push_back(time.count());
    const auto ms = [](const timeval& t) {
      return 1e3 * static_cast<double>(t.tv_sec) + 1e-3 * static_cast<double>(t.tv_usec);
    };
    processor.push_back(ms(usage.ru_utime) + ms(usage.ru_stime));
    memory = std::max(memory, static_cast<double>(usage.ru_maxrss) * 1024 / 1e6);
  }
  std::sort(wall.begin(), wall.end());
  std::sort(processor.begin(), processor.end());
  std::printf("%.3f %.3f %.3f %.2f\n", wall[wall.size() / 2], wall[0],
              processor[processor.size() / 2], memory);
}
