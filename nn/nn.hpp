#pragma once
// Neurons and networks on the tape: modules, losses, optimizers, data. Everything is (N, features).

#include <xtape/nn/activation.hpp>
#include <xtape/nn/column.hpp>
#include <xtape/nn/data_set.hpp>
#include <xtape/nn/generators.hpp>
#include <xtape/nn/initializers.hpp>
#include <xtape/nn/lab_data.hpp>
#include <xtape/nn/layers.hpp>
#include <xtape/nn/losses.hpp>
#include <xtape/nn/metrics.hpp>
#include <xtape/nn/module.hpp>
#include <xtape/nn/network.hpp>
#include <xtape/nn/optimizers.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/nn/standardise.hpp>
#include <xtape/nn/summary.hpp>
