// What a report says, to people and to programs.

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <locale>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include <xtape/autodiff/check/report.hpp>

using namespace xtape;

namespace {

CheckedNumber number(std::string label, double analytic, double numeric, double bar,
                     Verdict verdict) {
  CheckedNumber n;
  n.label = std::move(label);
  n.analytic = analytic;
  n.numeric = numeric;
  n.bar = bar;
  n.verdict = verdict;
  return n;
}

GradientReport mixed() {
  GradientReport report;
  CheckedInput input;
  input.name = "w";
  input.shape = Shape{2, 2};
  input.numbers = {number("w[0, 0]", 1, 1, 1e-9, Verdict::pass),
                   number("w[0, 1]", 2, 1, 1e-3, Verdict::fail),
                   number("w[1, 0]", 3, 1, 1e-6, Verdict::fail),
                   number("w[1, 1]", 1, 1, 5, Verdict::inconclusive)};
  input.numbers[2].cause = "it is 3 times what it should be";
  input.numbers[3].advice = "check \"in\" <double> & so on\n";
  report.inputs = {input};
  return report;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("a report of nothing is a failure") {
  CHECK(GradientReport{}.verdict() == Verdict::fail);
  CHECK(to_junit(GradientReport{}).find("failures=\"1\"") != std::string::npos);
}

TEST_CASE("the worst number comes first, what passed is not listed") {
  const std::string text = mixed().text();
  CHECK(text.find("gradients: FAIL, 1 of 4 numbers pass, 2 fail, 1 are inconclusive") == 0);
  CHECK(text.find("w[1, 0]: analytic 3, numeric 1 ± 1e-06, 2e+06 bars: FAIL") != std::string::npos);
  CHECK(text.find("w[1, 0]") < text.find("w[0, 1]"));
  CHECK(text.find("w[0, 1]") < text.find("w[1, 1]"));
  CHECK(text.find("w[0, 0]") == std::string::npos);
  CHECK(text.find("it is 3 times") != std::string::npos);
  CHECK(mixed().text(1).find("… and 2 more of w") != std::string::npos);
}

TEST_CASE("verdicts of the whole: a failure is one, what is open stays open") {
  GradientReport report = mixed();
  CHECK(report.verdict() == Verdict::fail);
  report.inputs[0].numbers.erase(report.inputs[0].numbers.begin() + 1,
                                 report.inputs[0].numbers.begin() + 3);
  CHECK(report.verdict() == Verdict::inconclusive);
  report.inputs[0].numbers.pop_back();
  CHECK(report.verdict() == Verdict::pass);
  report.inputs[0].failure = "moving it changes nothing";
  CHECK(report.verdict() == Verdict::fail);
}

TEST_CASE("JSON: a parser of others' reads the whole of it") {
  GradientReport report = mixed();
  report.notes = {"a \"note\"\n\twith\x01 all\\ ± 🦊", "no UTF-8: \xff\xc3(\xed\xa0\x80"};
  report.failures = {"</failure>"};
  report.evaluations = 12345678901234ULL;
  CheckedInput& input = report.inputs[0];
  input.cause = "a cause";
  input.suspect = "record 3, op (a.cpp:4)";
  input.numbers[0].analytic = std::numeric_limits<double>::quiet_NaN();
  input.numbers[1].numeric = -std::numeric_limits<double>::infinity();
  input.numbers[2].bar = 5e-324;
  input.numbers[3].kink = true;
  input.numbers[3].left = 0.1;
  report.inputs.push_back({});
  report.inputs[1].name = "scalar";
  report.inputs[1].directions = true;
  const auto json = nlohmann::json::parse(to_json(report));
  const auto keys = [](const nlohmann::json& object) {
    std::set<std::string> all;
    for (const auto& [key, value] : object.items()) all.insert(key);
    return all;
  };
  using Keys = std::set<std::string>;
  CHECK(keys(json) == Keys{"verdict", "passed", "failed", "inconclusive", "evaluations", "failures",
                           "notes", "inputs"});
  CHECK(json["verdict"] == "FAIL");
  CHECK(json["passed"] == 1);
  CHECK(json["failed"] == 2);
  CHECK(json["inconclusive"] == 1);
  CHECK(json["evaluations"] == 12345678901234ULL);
  CHECK(json["notes"][0] == report.notes[0]);
  CHECK(json["notes"][1] ==
        "no UTF-8: \xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(json["failures"] == nlohmann::json::array({"</failure>"}));
  REQUIRE(json["inputs"].size() == 2);
  const auto& first = json["inputs"][0];
  CHECK(keys(first) == Keys{"name", "shape", "order", "mode", "verdict", "sensitivity", "cause",
                            "suspect", "numbers"});
  CHECK(first["shape"] == nlohmann::json::array({2, 2}));
  CHECK(first["mode"] == "every element");
  CHECK(json["inputs"][1]["mode"] == "directions");
  CHECK(json["inputs"][1]["shape"].empty());
  CHECK(json["inputs"][1]["numbers"].empty());
  const auto& numbers = first["numbers"];
  REQUIRE(numbers.size() == 4);
  CHECK(numbers[0]["analytic"] == "nan");
  CHECK(numbers[0]["kink"] == false);
  CHECK(numbers[1]["numeric"] == "-inf");
  CHECK(numbers[1]["ratio"] == "inf");
  CHECK(numbers[2]["bar"] == 5e-324);
  CHECK(numbers[3]["left"] == 0.1);
  CHECK(numbers[3]["advice"] == report.inputs[0].numbers[3].advice);
  CHECK(keys(numbers[3]) == Keys{"label", "verdict", "analytic", "numeric", "bar", "ratio", "kink",
                                 "left", "right", "advice"});
}

TEST_CASE("XML: Python's parser reads the whole of it") {
  if (std::system("python3 -c 'import xml.etree' 2>/dev/null") != 0) {
    MESSAGE("SKIPPED: no python3");
    return;
  }
  GradientReport report = mixed();
  report.inputs[0].name = "a<b> & \"c\"\t\x01\n± 🦊 \xff";
  report.inputs.push_back(report.inputs[0]);
  report.inputs[1].name = "good";
  report.inputs[1].order = 2;
  report.inputs[1].numbers.resize(1);
  report.failures = {"first ]]>", "second"};
  std::ofstream("check_report.xml", std::ios::binary) << to_junit(report, "it's & <so>");
  std::ofstream("check_report.py", std::ios::binary) << R"(
import xml.etree.ElementTree as E
suite = E.parse("check_report.xml").getroot()
assert suite.tag == "testsuite" and suite.get("name") == "it's & <so>", suite.attrib
cases = suite.findall("testcase")
failures = suite.findall("testcase/failure")
assert int(suite.get("tests")) == len(cases) == 3, suite.attrib
assert int(suite.get("failures")) == len(failures) == 2, suite.attrib
assert suite.get("errors") == suite.get("skipped") == "0", suite.attrib
names = [case.get("name") for case in cases]
assert names == ["a<b> & \"c\"\t?\n± 🦊 \ufffd", "order 2, good", "the whole"], names
assert failures[0].get("type") == "FAIL" and failures[0].get("message").startswith("gradients: FAIL")
assert "what helps: check \"in\" <double> & so on" in failures[0].text, failures[0].text
assert failures[1].text == "first ]]>\nsecond", failures[1].text
)";
  CHECK(std::system("PYTHONIOENCODING=utf8 python3 check_report.py") == 0);
  std::remove("check_report.xml");
  std::remove("check_report.py");
}

TEST_CASE("JSON: what is no number is a text, and texts are escaped") {
  GradientReport report = mixed();
  report.inputs[0].numbers[0].numeric = std::numeric_limits<double>::quiet_NaN();
  report.inputs[0].numbers[0].bar = -std::numeric_limits<double>::infinity();
  report.inputs[0].name = "a\"b\\c\x01";
  const std::string json = to_json(report);
  CHECK(json.find("\"name\": \"a\\\"b\\\\c\\u0001\"") != std::string::npos);
  CHECK(json.find("\"numeric\": \"nan\", \"bar\": \"-inf\"") != std::string::npos);
  CHECK(json.find("check \\\"in\\\" <double> & so on\\n") != std::string::npos);
  CHECK(json.find("\"shape\": [2, 2]") != std::string::npos);
  CHECK(count(json, "{") == count(json, "}"));
  CHECK(count(json, "[") - count(json, "w[") == count(json, "]") - count(json, "w["));
  CHECK(json.find("\"analytic\": 3,") != std::string::npos);
}

TEST_CASE("JUnit: a case for each input, and what is inconclusive does not look green") {
  GradientReport report = mixed();
  report.inputs.push_back(report.inputs[0]);
  report.inputs[1].order = 2;
  report.inputs[1].name = "<b>";
  report.inputs[1].numbers = {report.inputs[1].numbers[3]};
  report.inputs.push_back(report.inputs[1]);
  report.inputs[2].numbers[0].verdict = Verdict::pass;
  const std::string xml = to_junit(report, "my & suite");
  CHECK(xml.find("<testsuite name=\"my &amp; suite\" tests=\"3\" failures=\"2\" errors=\"0\" "
                 "skipped=\"0\">") != std::string::npos);
  CHECK(count(xml, "<testcase ") == 3);
  CHECK(count(xml, "<failure ") == 2);
  CHECK(xml.find("name=\"order 2, &lt;b&gt;\"") != std::string::npos);
  CHECK(xml.find("<failure type=\"INCONCLUSIVE\"") != std::string::npos);
  CHECK(xml.find("check &quot;in&quot; &lt;double&gt; &amp; so on") != std::string::npos);
}
