// many_procedures make FOLDER N      writes a city with N procedures, each with its conditions, checks, fee and a shared block
// many_procedures load FOLDER [CACHE] loads it with the interview engine's compiler; prints time and peak memory
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "ask/interview/interview.h"
#include "city/city.h"
#include "city/schema.h"

namespace {
namespace fs = std::filesystem;
using namespace machiya;

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
}

constexpr const char* kForm = R"(procedure: permit-#
version: 1
kind: application
name: { ja: 第#号の許可申請, ja-easy: "{許可|きょか}を もらう {手続|てつづ}き #", en: Permit application no. #, zh-Hans: 第#号许可申请, ko: 제#호 허가 신청, vi: Đơn xin phép số # }
summary: { ja: 公園や道路を使う催しの許可を申請します。, en: Apply for the use of a park or a road. }
law: 架空の条例 第#条
owner: construction
target: 10 working days
assurance: contact
facts:
  - { fact: 手数料は1平方メートルにつき1日30円, source: 架空の条例別表, status: 要確認 }
pages:
  - page: applicant
    title: { ja: 申請する人, en: Applicant }
    ask:
      - { use: contact }
      - { name: company, type: yes-no, label: { ja: 法人として申請しますか, en: "Do you apply for a company?" } }
      - { name: organisation, type: organisation, label: { ja: 法人の名称, en: Company }, when: company }
  - page: place
    title: { ja: 場所と期間, en: Place and time }
    intro: { ja: 使う場所と期間を入力してください。, en: Say where and when. }
    ask:
      - { name: place, type: place, label: { ja: 場所, en: Place }, within: city }
      - { name: starts, type: date, label: { ja: 開始日, en: From }, min: today() }
      - { name: ends, type: date, label: { ja: 終了日, en: To }, must: [ { test: ends >= starts, message: { ja: 終了日は開始日より後にしてください, en: The last day must not be before the first } } ] }
      - { name: area, type: number, label: { ja: 面積, en: Area }, unit: ㎡, min: "1", max: "10000", decimals: 2 }
      - name: purpose
        type: choice
        label: { ja: 目的, en: Purpose }
        options:
          - { value: festival, label: { ja: 祭り, en: Festival } }
          - { value: market, label: { ja: 市, en: Market } }
          - { value: works, label: { ja: 工事, en: Works }, hint: { ja: 工程表を添えてください, en: Attach the schedule } }
      - { name: schedule, type: file, label: { ja: 工程表, en: Schedule }, when: purpose = "works", max: 3 }
  - page: helpers
    title: { ja: 責任者, en: People in charge }
    repeat: { name: helpers, min: 1, max: 5, item: { ja: 責任者, en: Person in charge } }
    ask:
      - { name: helper, type: name, label: { ja: 氏名, en: Name } }
      - { name: helper_phone, type: phone, label: { ja: 電話番号, en: Phone } }
  - page: promise
    title: { ja: 確認, en: Declaration }
    when: area > 10
    ask:
      - { name: promise, type: declaration, label: { ja: 誓約, en: Declaration }, text: { ja: 使った後は元に戻します。, en: I will restore the place. } }
calculate:
  - { name: days_used, type: number, value: (ends - starts) / duration("P1D") + 1, label: { ja: 日数, en: Days }, show: yes }
stop:
  - { when: area > 9000, page: place, title: { ja: 広すぎます, en: Too large }, message: { ja: 窓口に相談してください。, en: Please ask at the counter. } }
fee: if purpose = "festival" then 0 else ceiling(area) * days_used * 30
fee_note: { ja: 許可のときに納付書を送ります。, en: An invoice follows with the permit. }
case: permit
attach: [ { ja: 案内図, en: Map } ]
after: { ja: 10日ほどで結果をお知らせします。, en: You will hear from us within ten working days. }
)";

void make(const fs::path& folder, int count) {
  write(folder / "city.yaml", "city: many\nname: { ja: 大きな市, en: Many City }\n");
  write(folder / "departments.yaml", "source: 架空の市\ndepartments:\n  - { id: construction, name: { ja: 建設局, en: Construction Bureau } }\n");
  write(folder / "workflows/permit.yaml", "workflow: permit\nstart: received\nstates:\n  - { state: received, name: 受付 }\n  - { state: granted, name: 許可, end: decided }\n"
                                          "actions:\n  - { action: grant, name: 許可, from: [received], to: granted, by: staff, permission: case.decide }\n");
  write(folder / "blocks/contact.yaml", "block: contact\nask:\n  - { name: applicant, type: name, label: { ja: お名前, en: Name }, prefill: person.name }\n"
                                        "  - { name: home, type: address, label: { ja: 住所, en: Address }, prefill: person.address }\n"
                                        "  - { name: phone, type: phone, label: { ja: 電話番号, en: Phone } }\n  - { name: email, type: email, label: { ja: メール, en: E-mail } }\n");
  write(folder / "01-life/field.yaml", "field: 1\nname: { ja: 生活, en: Life }\n");
  write(folder / "01-life/permits/room.yaml", "room: permits\nnumber: 1\nname: { ja: 許可, en: Permits }\nstatus: ●\nviewpoints: [service]\nowner: construction\nsource: 架空\n");
  for (int i = 1; i <= count; ++i) {
    std::string form = kForm;
    replace_all(form, "#", std::to_string(i));
    write(folder / "01-life/permits/forms" / ("permit-" + std::to_string(i) + ".yaml"), form);
  }
  std::printf("%d procedures of %zu bytes\n", count, std::string(kForm).size());
}

struct Compiled final : city::Definition {
  std::shared_ptr<const interview::Procedure> procedure;
};

city::Kind plain(const char* name, const char* folder) {
  city::Kind kind;
  kind.name = name, kind.folder = folder;
  kind.compile = [](const json::Value&, const city::Source&, Diagnostics&) { return std::make_shared<Compiled>(); };
  return kind;
}

long peak_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0) return std::stol(line.substr(6));
  return 0;
}

int load(const std::string& folder, const std::string& cache) {
  std::vector<city::Kind> kinds{plain("block", "blocks"), plain("workflow", "workflows"), plain("procedure", "forms")};
  kinds[2].compile = [](const json::Value& body, const city::Source&, Diagnostics& faults) {
    auto compiled = std::make_shared<Compiled>();
    compiled->procedure = interview::compile_procedure(body, json::Value::object(), faults);
    return compiled;
  };
  city::LoadOptions options;
  options.cache_folder = cache;
  const auto start = std::chrono::steady_clock::now();
  const city::LoadReport report = city::load(folder, kinds, options);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (std::size_t i = 0; i < report.faults.size() && i < 20; ++i) std::printf("%s\n", to_line(report.faults[i]).c_str());
  if (!report.city) return 1;
  std::printf("%zu procedures in %.2f s, peak %.0f MB\n", report.city->all("procedure").size(), seconds, static_cast<double>(peak_kb()) / 1024);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 2 ? argv[1] : "";
  if (verb == "make" && argc == 4) return make(argv[2], std::atoi(argv[3])), 0;
  if (verb == "load") return load(argv[2], argc > 3 ? argv[3] : "");
  std::fprintf(stderr, "many_procedures make FOLDER N | load FOLDER [CACHE]\n");
  return 2;
}
