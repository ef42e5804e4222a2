// A student's formulas are judged: are these the gradients, and if not, what is the mistake?

#include <iostream>

#include "derivation/program.hpp"

int main(int argc, char** argv) { return derivation::run(argc, argv, std::cout, std::cerr); }
