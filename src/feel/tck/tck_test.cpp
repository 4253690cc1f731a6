#include "feel/tck/tck.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "feel/tck/expectation.h"

namespace machiya::feel {
namespace {

std::string shared_tck() {
  const char* shared = std::getenv("MACHIYA_SHARED");
  std::string dir = std::string(shared ? shared : MACHIYA_SOURCE_DIR "/../shared") + "/conformance/dmn-tck";
  struct stat s {};
  return stat(dir.c_str(), &s) == 0 ? dir : std::string();
}

TEST(Tck, EveryGivenCasePasses) {
  std::string dir = shared_tck();
  if (dir.empty()) GTEST_SKIP() << "skipped: shared data absent";
  std::ostringstream out;
  int code = run_tck(dir, out);
  EXPECT_EQ(code, 0) << out.str();
  EXPECT_NE(out.str().find(" passed, 0 failed\n"), std::string::npos);
}

class TckFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/machiya-tck-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = name;
  }
  void TearDown() override {
    for (const char* f : {"/m.dmn", "/t.xml"}) unlink((dir_ + f).c_str());
    rmdir(dir_.c_str());
  }
  void write(const char* file, const std::string& text) { std::ofstream(dir_ + file) << text; }
  std::string dir_;
};

TEST_F(TckFolder, MissesAreCountedAndTold) {
  write("/m.dmn", R"(<definitions namespace="x"><decision id="d" name="sum"><variable name="sum"/>
    <literalExpression><text>1 + 1</text></literalExpression></decision></definitions>)");
  write("/t.xml", R"(<testCases xmlns:xsi="i"><modelName>m.dmn</modelName>
    <testCase id="1"><resultNode name="sum"><expected><value xsi:type="xsd:decimal">2</value></expected></resultNode></testCase>
    <testCase id="2"><resultNode name="sum"><expected><value xsi:type="xsd:decimal">3</value></expected></resultNode></testCase></testCases>)");
  std::ostringstream out;
  EXPECT_EQ(run_tck(dir_, out), 1);
  EXPECT_NE(out.str().find("case 2 sum: expected 3, got 2"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("1 passed, 1 failed\n"), std::string::npos) << out.str();
}

TEST_F(TckFolder, NothingToRunIsNoSuccess) {
  std::ostringstream out;
  EXPECT_EQ(run_tck(dir_, out), 2);
}

TEST(TckCompare, NumbersOfFloatingPointExpectationsOnly) {
  auto n = [](const char* s) { return Value::number(*Decimal::parse(s)); };
  EXPECT_TRUE(tck_same(n("2"), n("2.0")));
  EXPECT_FALSE(tck_same(n("0.33"), n("0.3333333333")));
  EXPECT_TRUE(tck_same(n("662.707359373292"), n("662.7073593732659271562143285576407")));
  EXPECT_FALSE(tck_same(n("662.707359373292"), n("662.70735938")));
  EXPECT_FALSE(tck_same(Value(), n("0")));
}

}  // namespace
}  // namespace machiya::feel
