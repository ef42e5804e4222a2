"""Mistakes in the engine, in the rules of structural operations and in their kernels.

Each is a file, a piece of its text and what stands instead; the part that is exchanged lies between
« and », the rest says where. A statement ends with its semicolon, anything else is an expression.
`equivalent` is the proof that a mutant is no mistake.

    engine_mutants.py SOURCE           looks whether each of them finds its place, and one only
    engine_mutants.py SOURCE TARGET    writes the files of the tree SOURCE with all mistakes in them,
                                       each behind a question which one was chosen at run time
"""
import pathlib
import sys

MUTANTS = []


def mutants(file, *entries):
    for entry in entries:
        old, new, what = entry[:3]
        MUTANTS.append({"file": file, "old": old, "new": new, "what": what,
                        "equivalent": entry[3] if len(entry) > 3 else None})


mutants(
    "autodiff/plan.cpp",
    ("Move{«Engine<T>::sum_to», {stretched", "Engine<T>::copy", "un-broadcast sum dropped"),
    ("if («to.size() == out->size()») {", "true", "un-broadcasting left out"),
    ("g->data, to.data, «accumulate»});", "false", "an elementwise contribution assigns"),
    ("g->data, to.data, «accumulate»});", "true", "the first elementwise contribution adds"),
    ("sum = «accumulate ? temporary(to.shape()) : to»;", "to", "a sum overwrites the gradient"),
    ("if («accumulate») calls_.push_back(Move{Engine<T>::add, {sum", "false",
     "a summed contribution is dropped"),
    ("result = «accumulate ? temporary(to.shape()) : to»;", "to",
     "a structural contribution overwrites the gradient"),
    ("if («accumulate») calls_.push_back(Move{Engine<T>::add, {result", "false",
     "a structural contribution is dropped"),
    ("rule.pull[«rule.inputs == 0 ? 0 : k»]", "0", "the vjp of the first input for every input"),
    ("chosen(rule.backward[«k»])", "0", "the partial of the first input for every input"),
    ("«calls_.clear();»", ";", "calls of the plan before are run again"),
    ("«m.move(m.from, m.to);»", ";", "copies and sums are left out"),
)
mutants(
    "autodiff/engine.cpp",
    ("if («strides[axis] == 0») reduced", "strides[axis] != 0", "un-broadcast over the other axes"),
    ("if («strides[axis] == 0») reduced", "strides[axis] == 0 && axis == 0",
     "un-broadcast over the first axis alone"),
    ("reduced);\n  «repeat_single(to);»", ";", "a sum is not repeated over a vector"),
    ("from.data, to.size());\n  «repeat_single(to);»", ";", "a sum of two is not repeated"),
    ("to.size(), to.data);\n  «repeat_single(to);»", ";", "a copied number is not repeated"),
    ("strides[axis] = «from[i] == 1 ? 0 : stride»;", "stride", "a stretched axis has a stride"),
    ("axis = «i + to.rank() - from.rank()»;", "i", "shapes aligned at the outermost axis"),
    ("«stride *= static_cast<std::ptrdiff_t>(from[i]);»", ";", "every stride is 1"),
    ("«if (shape[axis] != 1 && strides[axis] != static_cast<std::ptrdiff_t>(seen)) return false;»",
     ";", "a column taken for a row"),
    ("a.step[k] = «size != 1»;", "true", "a single number advances"),
    ("size != n || («!in[k].padded() && a.count != n»)", "false",
     "a borrowed array is read beyond its end"),
    ("if («!in[k].padded() && arguments.count != count») {", "false",
     "the last chunk of a borrowed array is read beyond its end"),
    ("chunk = «buffer_size / period * period»;", "buffer_size", "chunks that cut a row"),
    ("std::size_t first = 0; «first < n»;", "first + chunk <= n", "the last chunk is left out"),
    ("if («mode[k] == 2») gather", "mode[k] == 2 && first == 0", "the first chunk gathered only"),
    ("gather(k, 0, «std::min(chunk, n)»)", "std::min(in[k].size(), n)", "one row instead of many"),
    ("arguments.in[k] = «in[k].data + first»;", "in[k].data", "each chunk reads the first one"),
    ("arguments.out = «out + first»;", "out", "each chunk is written to the first one"),
    ("kernel(part, «g + first», to", "g", "each chunk's cotangent is that of the first"),
    ("g + first, «to + first», accumulate", "to", "each chunk's gradient goes to the first"),
)
mutants(
    "autodiff/gradients.cpp",
    ("const Record<T>& record = tape.record_at(«r»);\n    if (!tape.slot(record.first_output).active ||",
     "last - r", "the sweep runs forward"),
    ("last == no_index ? 0 : «last + 1»; r", "last", "the record of J is not swept"),
    ("last + 1; «r-- > 0»;) {", "--r > 0", "the first record is not swept"),
    ("«if (!tape.slot(inputs[k]).active) continue;»", ";", "activity ignored"),
    ("«if (!tape.slot(inputs[k]).active) continue;»",
     "if (tape.slot(inputs[k]).active) continue;", "activity inverted"),
    ("to, «std::exchange(set.at[inputs[k]].assigned, true)»);",
     "(set.at[inputs[k]].assigned = true) && false", "every contribution assigns"),
    ("to, «std::exchange(set.at[inputs[k]].assigned, true)»);",
     "set.at[inputs[k]].assigned = true", "the first contribution adds to what was there"),
    ("if (sharing && «k + 1 == last_active») taken", "true",
     "a cotangent's place is taken while it is needed"),
    ("if («!record.rule->elementwise()» || to.data", "false",
     "a structural contribution takes the cotangent's place"),
    ("elementwise() || «to.data != nullptr» ||", "false", "a gradient's place is exchanged"),
    ("«tape.slot(input).view.size() != tape.slot(record.first_output).view.size()»", "false",
     "a smaller place is taken over"),
    ("std::uint32_t i = «taken ? 1 : 0»;", "0", "a place that was taken is given away"),
    ("last.)\n      if («set.at[slot].assigned»)", "true", "lasting zeros are given away"),
    ("return «spare.size() == shape.size()»;", "true", "a spare place of any size is taken"),
    ("«set.spare.erase(spare);»", ";", "a spare place is taken twice"),
    ("Engine<T>::vector_size, «T(1)»); });", "T(2)", "the seed is 2"),
    ("std::fill_n(to.data, «Engine<T>::vector_size», T(1)); });", "std::size_t{1}",
     "the seed is not repeated over a vector"),
    ("if («set.version != tape.version()» ||", "false", "the plan's version is not compared"),
    ("|| «set.planned != J.index()» ||", "false", "the plan's J is not compared"),
    ("|| «set.listed != set.entries.size()»)", "false", "the parameters asked for are not compared"),
    ("const std::uint32_t slot = «record.first_output + i»;\n      T*& gradient",
     "record.first_output", "the cotangents of several outputs are that of the first"),
    ("any |= set.at[«record.first_output + i»].assigned;\n    if (!any) return false;",
     "record.first_output", "a cotangent of the second output alone is overlooked"),
    ("«std::fill_n(next, total, T(0));»", ";", "gradients that are not reached are not zeroed"),
    ("«if (set.at[slot].data != nullptr) entry.gradient = set.at[slot].data;»", ";",
     "one parameter asked for twice has two gradients"),
    ("entry.reached = «slot < set.at.size() && set.at[slot].assigned»;", "slot < set.at.size()",
     "reached without a path"),
    ("«for (auto& entry : set.entries) entry.version = entry.parameter->version();»", ";",
     "the version that was swept is not noted"),
    ("«tape.check_parameters(\"gradients\");»", ";", "a sweep after an update"),
    ("std::fill_n(view.data, «std::max(shape.size(), Engine<T>::vector_size)», T(0));",
     "std::size_t{0}", "zeros are not written"),
    ("«set.at[J].assigned = true;»", ";", "J's own cotangent is overlooked"),
    ("«set.version = 0;»  // until", ";", "a plan that failed is run"),
    ("«set.at.assign(end_of(tape, J), {nullptr, false});»",
     "set.at.resize(end_of(tape, J), {nullptr, false});", "gradients of the plan before"),
    ("«set.swept = tape.now();»", ";", "the recording that was swept is not noted"),
    ("if («set->holders == 0») {", "true", "gradients that are held are overwritten"),
    ("«set->listed = 0;»", ";", "parameters of the sweep before are asked for again"),
    ("if («!s.covers(slot)»)", "false", "a gradient of what was recorded later"),
    ("slot < s.at.size() && «s.covers(slot)» &&", "true", "reached in another recording"),
    ("«tape.slot(inputs[k]).active» && tape.slot(record", "true", "a contribution to a constant"),
    ("swept.pull(plan, tape, «static_cast<std::uint32_t>(k)», to", "0",
     "the contribution to the first input for every input"),
    ("«set.spare.clear();»", ";", "spare places of the plan before"),
    ("static_cast<std::uint32_t>(k), to, «false»);", "true", "a contribution accumulates"),
)
mutants(
    "autodiff/recorded_gradients.cpp",
    ("const Record<T> record = tape.record_at(«r»);", "last - r", "the recorded sweep runs forward"),
    ("last == no_index ? 0 : «last + 1»; r", "last", "recorded sweep: the record of J is not swept"),
    ("last + 1; «r-- > 0»;) {", "--r > 0", "recorded sweep: the first record is not swept"),
    ("if («record.rule->elementwise()») c =", "false", "recorded un-broadcast sum dropped"),
    ("sum = «sum.valid() ? sum + c : c»;", "c", "every recorded contribution assigns"),
    ("active || «!wanted[slots[k]]») continue;", "false", "gradients for what was not asked for"),
    ("if («!tape.slot(slots[k]).active» ||", "false", "recorded sweep: activity ignored"),
    ("c = «sum_to(broadcast_to(c, out[0].shape()), shape)»;", "sum_to(c, shape)",
     "a constant contribution is not stretched before it is summed"),
    ("result[«record.first_output + i»] = true;", "record.first_output",
     "what depends on a second output is overlooked"),
    ("broadcast_to(tape.constant(«T(1)»), J.shape());", "T(2)", "the recorded seed is 2"),
    ("broadcast_to(tape.constant(«T(0)»), out.back()", "T(1)",
     "the cotangent of an output that is not used is 1"),
    ("broadcast_to(tape.constant(«T(0)»), Shape(target", "T(1)", "a gradient without a path is 1"),
    ("«tape.check_parameters(\"recorded_gradients\");»", ";", "a recorded sweep after an update"),
    ("«tape.rewind(before);»", ";", "a sweep that failed leaves records"),
)
mutants(
    "autodiff/rule_of.hpp",
    ("return «absorb(g, partial)»;", "g * partial", "recorded sweep: absorb without its mask"),
    ("«if (partial == 0) return {};»", ";", "a partial of zero is recorded"),
    ("«if (partial == -1) return -g;»", "if (partial == -1) return g;", "the sign of a difference"),
    ("return «g * partial»;\n      } else", "g", "a partial that is a plain number is dropped"),
)
mutants(
    "autodiff/elementwise_kernels.hpp",
    ("c = «Absorb::value(g, L(partial_of<K>(operation, y, x[I]...)))»;",
     "g * L(partial_of<K>(operation, y, x[I]...))", "direct sweep: absorb without its mask"),
    ("L c = «Absorb::value(L::load(g + i), L::load(partial + i))»;",
     "L::load(g + i) * L::load(partial + i)", "stored partials: absorb without its mask"),
    ("x[I]...)));\n      }\n      «if (accumulate) c = L::load(to + i) + c;»", ";",
     "a kernel assigns where it should add"),
    ("L::load(partial + i));\n      «if (accumulate) c = L::load(to + i) + c;»", ";",
     "a kernel with a stored partial assigns where it should add"),
)
mutants(
    "autodiff/tape/recording.cpp",
    ("&& «slots_[index].stamp == variable.stamp()»;", "true", "a stale stamp is not compared"),
    ("if («record.rule != &rule» ||", "false", "known record: rule not compared"),
    ("|| «record.inputs != count» ||", "false", "known record: number of inputs not compared"),
    ("|| «record.first_output != slots()» ||", "false", "known record: slot not compared"),
    ("«record.before.next != arena_.mark().next»", "false", "known record: place not compared",
     "Between records only leaves take memory, and a known leaf lies where it lay: the arena is "
     "elsewhere only if a leaf failed in between, and what that left is nobody's."),
    ("if («inputs[i] != input(i)») return false;", "false", "known record: inputs not compared"),
    ("return «equal_bytes(record.operation(), operation, bytes)»;", "true",
     "known record: parameters not compared"),
    ("«differences |= std::to_integer<unsigned>(left[i] ^ right[i]);»", ";",
     "known record: the last bytes of the parameters not compared"),
    ("place_record(record, caller);\n  «run(record);»", ";", "a known record is not run"),
    ("slots_[record.first_output + i];\n    «slot.stamp = stamp_;»", ";",
     "a known record keeps its old stamp"),
    ("«arena_.rewind(record.after);»", ";", "a known record takes no place in the arena"),
    ("write_record(record, rule, operation, bytes);\n    «differs();»", ";",
     "a new record does not end the known ones"),
    ("«cut(before);»", ";", "a record that failed stays"),
    ("active |= slot.active && «!rule.piecewise_constant»;", "true",
     "a comparison has a derivative"),
    ("slot.active = «active»;", "true", "what depends on constants alone is active"),
    ("storing = «active && rule.forward_storing != nullptr»;", "rule.forward_storing != nullptr",
     "a partial is stored that nobody reads"),
)
mutants(
    "autodiff/tape/anchor.cpp",
    ("«first = static_cast<std::uint32_t>(next);»", ";", "the next tape's stamps begin anew"),
    ("«tape = nullptr;»", ";", "a tape that is gone is still found"),
    ("if («next > std::numeric_limits<std::uint32_t>::max() / 2») return;", "false",
     "stamps that are used up are left to the next tape"),
)
mutants(
    "autodiff/tape/tape.cpp",
    ("std::uint64_t{stamp_} + «1»", "0", "the last stamp is given again"),
    ("if («++stamp_ != 0») return;", "++stamp_ != 0 || true", "stamps begin anew at 0"),
    ("in_use = «slots() == 0 ? anchor_.first - 1 : slots_[slots() - 1].stamp»;", "anchor_.first - 1",
     "stamps that are in use are given again"),
    ("if («in_use + 1 == 0») {", "false", "stamps go on at 0 behind the highest"),
    ("«oldest_ = std::min(oldest_, in_use);»", ";",
     "gradients of before are those of stamps that began anew"),
    ("«++turn_;»", ";", "stamps that begin anew are left to the next tape"),
    ("if («note.version == note.parameter->version()») continue;", "true",
     "an updated parameter is not noticed"),
    ("cut(Mark{});\n  «count_stamp();»", ";", "a new recording keeps the stamp"),
    ("cut(mark);\n  «count_stamp();»", ";", "a rewind to a mark keeps the stamp"),
    ("|| «slot.active != active») {", "false", "known leaf: activity not compared"),
    ("if (!known || «slot.view.data != view.data» ||", "false", "known leaf: array not compared"),
    ("«Engine<T>::repeat_single(view);»", ";", "a borrowed number is not repeated"),
    ("std::fill_n(view.data, «Engine<T>::vector_size», number);", "std::size_t{1}",
     "a plain number is not repeated"),
    ("else if («is_leaf(entry->slot, &storage)») {", "false",
     "a parameter that is used twice has two leaves"),
    ("«++recording_;»", ";", "a scope closes in the recording after its own"),
    ("extents() == own && «*own == shape»;", "true", "known leaf: shape not compared"),
)
mutants(
    "autodiff/tape/tape.hpp",
    ("«known_slots_ = slots();»", ";", "leaves after a difference are known"),
    ("«known_records_ = records();»", ";", "records after a difference are known"),
    ("«++version_;»", ";", "another recording has the same version"),
    ("slot < moment.slots && «slots_[slot].stamp <= last»;", "true",
     "gradients cover what came into the place of what was swept"),
    ("«moment.turn == turn_ ? moment.stamp : std::min(moment.stamp, oldest_)»;",
     "moment.stamp", "gradients cover what came since stamps began anew"),
)
mutants(
    "autodiff/parameter.cpp",
    ("«++version_;»", ";", "an update is not counted"),
    ("«if (shape_.size() == 1) std::fill_n(data_, padded_bytes<T>(shape_) / sizeof(T), data_[0]);»",
     ";", "a parameter of one number is not repeated"),
)
mutants(
    "autodiff/replay.cpp",
    ("«Engine<T>::repeat_single({const_cast<T*>(view.data), view.extents()});»", ";",
     "a replayed number is not repeated"),
    ("if («view.data == tape_.slot(slot).view.data») {", "false",
     "a replay writes over the recorded leaf"),
    ("own = «views_[slot].data == tape_.slot(slot).view.data»", "false",
     "a replay writes over the recorded values"),
    ("BasicReplay<T>::run() {\n  «check_stands(tape_, made_);»", ";",
     "a replay of a recording that is gone"),
    ("WideReplay<T>::run() {\n  «check_stands(tape_, made_);»", ";",
     "a wide replay of a recording that is gone"),
    ("check_stands(tape_, made_);\n  «tape_.check_parameters(\"replay\");»", ";",
     "a replay after an update"),
)
mutants(
    "autodiff/operations/structural.hpp",
    ("reshape(«g / count(shape_of(x))», kept", "g / 1", "the mean's 1/N is missing"),
    ("y.data[i] = «y.data[i] / n»;", "y.data[i]", "the mean is a sum"),
    ("transpose(g, «inverse(shape_of(x).rank())»)", "*this", "a transpose is its own inverse"),
    ("«for (std::size_t i = 0; i < y.size(); ++i) y.data[i] = E(0);»\n    detail::scatter", ";",
     "what surrounds an embedded part is not zeroed"),
    ("«at += static_cast<std::ptrdiff_t>(part.shape()[index(part.shape())]);»", ";",
     "concatenated parts all at the front"),
    ("«at += static_cast<std::ptrdiff_t>(shape_of(x[i])[index(shape_of(x[i]))]);»", ";",
     "cotangents of concatenated parts all from the front"),
)
mutants(
    "autodiff/operations/structural_products.hpp",
    ("{ return «matmul(g, b)»; }", "matmul_tn(g, b)", "matmul_nt: the cotangent turned"),
    ("{ return «matmul_nt(b, g)»; }", "matmul_nt(g, b)", "matmul_tn: the factors exchanged"),
    ("{ return «matmul_nt(g, w)»; }", "matmul(g, w)", "linear: Ȳ·W instead of Ȳ·Wᵀ"),
    ("{ return «matmul_tn(x, g)»; }", "matmul(x, g)", "linear: X·Ȳ instead of Xᵀ·Ȳ"),
)
mutants(
    "autodiff/operations/structural.cpp",
    ("«start += first[i] * from[i];»", ";", "a slice begins at the front"),
    ("«result[i] *= step[i];»", ";", "a slice's step is 1"),
    ("if («strides[i] == 0») bits", "strides[i] != 0", "sum_to over the other axes"),
    ("strides[i] = stride;\n    «stride *= static_cast<std::ptrdiff_t>(shape[i]);»", ";",
     "contiguous strides are all 1"),
)
mutants(
    "autodiff/direct.hpp",
    ("«single.number.fill(number_);»", "single.number.fill(0); single.number[0] = number_;",
     "a number in a rule is not repeated"),
)
mutants(
    "autodiff/kernels/sums.cpp",
    ("«pairwise.add(&sum);»", ";", "blocks of a long sum are lost"),
    ("return «n == 0 ? both : both + x[0]»;", "both", "the last term of a sum is lost"),
    ("«if (j < m) columns<L, 1>(x + m - N, out + m - N, rows, stride);»", ";",
     "the last columns of a sum over rows"),
    ("«if (block < rows) pairwise.add(sum);»", ";", "blocks of many rows are lost"),
    ("«total[j] += x[r * M + j];»", ";", "the last short rows are lost"),
    ("(«sum[0] + sum[1]») + (sum[2]", "sum[0] + sum[0]", "one of the chains twice"),
)
mutants(
    "autodiff/kernels/layout.cpp",
    ("skip = «first % inner»;", "std::size_t{0}", "a chunk begins at a line's beginning"),
    ("«for (; i < n; ++i) acc[i] += x[i];»", ";", "the last elements are not added"),
    ("if («axis + 2 == axes.rank && stride == 1 && inner >= 8 && n >= 8») {",
     "axis + 2 == axes.rank && inner >= 8 && n >= 8", "every scatter is a transpose"),
    ("«for (; i < n; ++i) out[i] = value;»", ";", "the last elements are not filled"),
)
mutants(
    "autodiff/kernels/products.cpp",
    ("return blas_gemm(false, «true», a", "false", "matmul_nt computes a·b"),
    ("blas_gemm(«true», false, a, b, c, m, k, n, false);\n}", "false", "matmul_tn computes a·b"),
    ("to[j * rows + i] = «from[i * columns + j]»;", "from[j * rows + i]", "a transpose is a copy"),
    ("return dots(a, columns, «bias», c", "static_cast<const T*>(nullptr)", "a bias is lost"),
    ("«if (bias != nullptr) start_rows(bias, c, m, n);»", ";", "the bias of a large product is lost"),
    ("«add(c, second, m * n);»", ";", "the second half of a tall product is lost"),
    ("c[i * n + j] = «a[i] * b[j]»;", "a[i]", "an outer product without its second factor"),
    ("c[i * n + j] = «bias == nullptr ? T(0) : bias[j]»;", "T(0)", "rows begin without the bias"),
)

# What continuous integration plants: some of each kind, whose tests are fast. All lie in sources
# that are not those of the operations' kernels, which take long to compile.
SAMPLE = (
    # un-broadcast sums
    "un-broadcast sum dropped", "un-broadcast over the other axes",
    # accumulation
    "an elementwise contribution assigns", "a structural contribution is dropped",
    # activity
    "activity ignored", "recorded sweep: activity ignored", "a comparison has a derivative",
    # the order of the sweep
    "the sweep runs forward", "the recorded sweep runs forward", "the first record is not swept",
    # what is used again
    "a cotangent's place is taken while it is needed", "lasting zeros are given away",
    "calls of the plan before are run again", "known record: inputs not compared",
    "an updated parameter is not noticed",
)

HEADER = "#include <xtape/chosen_mutant.hpp>\n"
CHOSEN = """#pragma once
// Which mistake is made; 0: none. Read once from the environment variable XTAPE_MUTANT.
extern "C" const int xtape_chosen_mutant;
#define XTAPE_MUTANT(n) __builtin_expect(xtape_chosen_mutant == (n), 0)
"""
DEFINED = """#include <cstdlib>
#include <xtape/chosen_mutant.hpp>
extern "C" const int xtape_chosen_mutant =
    std::getenv("XTAPE_MUTANT") == nullptr ? 0 : std::atoi(std::getenv("XTAPE_MUTANT"));
"""


def place(text, mutant):
    """Where what is exchanged begins and ends."""
    before, rest = mutant["old"].split("«")
    old, after = rest.split("»")
    found = [i for i in range(len(text)) if text.startswith(before + old + after, i)]
    if len(found) != 1:
        raise ValueError("found %d times" % len(found))
    if " ".join(old.split()) == " ".join(mutant["new"].split()):
        raise ValueError("nothing is exchanged")
    begin = found[0] + len(before)
    return begin, begin + len(old)


def problems(source):
    """What is wrong with the list, for the tree `source`."""
    result, spans = [], {}
    for mutant in MUTANTS:
        path = source / mutant["file"]
        try:
            if not path.exists():
                raise ValueError("no such file")
            span = place(path.read_text(), mutant)
            for other in spans.setdefault(mutant["file"], set()):
                if other != span and other[0] < span[1] and span[0] < other[1]:
                    raise ValueError("overlaps another one")
            spans[mutant["file"]].add(span)
        except ValueError as error:
            result.append("%s: %s: %s: %s" % (mutant["file"], mutant["what"], error, mutant["old"]))
    named = [m["what"] for m in MUTANTS]
    result += ["two are called " + name for name in sorted(set(named)) if named.count(name) > 1]
    result += ["the sample names what is not there: " + name for name in SAMPLE if name not in named]
    return result


def instrumented(text, entries):
    """The text with each exchange behind a question; entries are (number, mutant)."""
    places = {}
    for number, mutant in entries:
        places.setdefault(place(text, mutant), []).append((number, mutant["new"]))
    for (begin, end), changes in sorted(places.items(), reverse=True):
        old = text[begin:end]
        if old.rstrip().endswith(";"):
            new = "".join("if (XTAPE_MUTANT(%d)) { %s } else " % c for c in changes) + "{ " + old + " }"
        else:
            new = "(" + "".join("XTAPE_MUTANT(%d) ? (%s) : " % c for c in changes) + "(" + old + "))"
        text = text[:begin] + new + text[end:]
    return HEADER + text


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main(source, target=None):
    source = pathlib.Path(source)
    wrong = problems(source)
    if wrong:
        raise SystemExit("\n".join(wrong))
    if target is None:
        print("%d mistakes in %d files" % (len(MUTANTS), len({m["file"] for m in MUTANTS})))
        return
    target, by_file = pathlib.Path(target), {}
    for number, mutant in enumerate(MUTANTS, 1):
        by_file.setdefault(mutant["file"], []).append((number, mutant))
    for folder in ("autodiff", "nn"):
        for path in sorted((source / folder).rglob("*")):
            if path.suffix not in (".cpp", ".hpp", ".inc"):
                continue
            name = path.relative_to(source).as_posix()
            text = path.read_text()
            if name in by_file:
                text = instrumented(text, by_file[name])
            write(target / "xtape" / name, text)
            if path.stem == folder and path.suffix == ".hpp":
                write(target / "xtape" / path.name, text)
    write(target / "xtape/chosen_mutant.hpp", CHOSEN)
    write(target / "chosen_mutant.cpp", DEFINED)


if __name__ == "__main__":
    main(*sys.argv[1:])
