// For the matrix of authorization: the real house with a city of its own, accounts of every role in two departments, two families, API
// clients, and one real object of each kind that a route can address. Personal data in them are canaries: words that stand nowhere else.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/authorization_oracle.h"
#include "app/demonstration.h"
#include "app/furniture.h"
#include "app/house.h"
#include "app/settings.h"
#include "app/testing_channels.h"
#include "base/text.h"
#include "platform/audit/audit.h"
#include "platform/http/test_request.h"
#include "platform/identity/identity.h"
#include "platform/identity/emergencies.h"
#include "platform/identity/ties.h"
#include "platform/store/testing.h"
#include "platform/vault/totp.h"

namespace machiya::app::authorization {

namespace fs = std::filesystem;

inline constexpr const char* kHere = "housing";      ///< the department of most samples
inline constexpr const char* kThere = "water";       ///< another one
/// The personal data of two families, who live in two wards: the owner's and the stranger's.
struct Family {
  const char *family, *given, *home, *email, *phone, *phone_shown;
  std::vector<std::string> words() const { return {family, given, home, email, phone, phone_shown}; }
};
inline const Family kOwn{"金糸雀", "朱鷺子", "九十九鳥町", "canary-zq7x@example.jp", "0699990011", "06-9999-0011"};
inline const Family kOther{"白鷺沢", "翡翠郎", "七十七瀬町", "egret-kw4v@example.jp", "0688880022", "06-8888-0022"};
inline bool holds(const std::string& body, const Family& whose) {
  const auto words = whose.words();
  return std::any_of(words.begin(), words.end(), [&](const auto& word) { return body.find(word) != std::string::npos; });
}
inline const Family& family_of(const std::string& person) { return person == "stranger" ? kOther : kOwn; }
inline std::string email_of(const std::string& person) { return person == "owner" ? kOwn.email : person == "stranger" ? kOther.email : person + "@example.jp"; }

inline constexpr const char* kForm = R"yaml(procedure: NAME
version: 1
kind: application
name: { ja: 検査の申請, ja-easy: 検査の申請, en: Matrix application, zh-Hans: 检查, ko: 검사, vi: Đơn }
owner: OWNER
target: P10D
assurance: contact
ask_login: start
pages:
  - page: who
    title: { ja: 申請者, ja-easy: 申請者, en: Applicant, zh-Hans: 申请人, ko: 신청자, vi: Người nộp }
    ask:
      - { name: person, type: name, label: { ja: 氏名, ja-easy: 氏名, en: Name, zh-Hans: 姓名, ko: 성명, vi: Tên } }
      - { name: home, type: text, label: { ja: 住まい, ja-easy: 住まい, en: Home, zh-Hans: 住址, ko: 주소, vi: Nhà } }
      - { name: phone, type: phone, label: { ja: 電話, ja-easy: 電話, en: Phone, zh-Hans: 电话, ko: 전화, vi: Điện thoại } }
      - { name: paper, type: file, optional: yes, max: 2, label: { ja: 書類, ja-easy: 書類, en: Paper, zh-Hans: 文件, ko: 서류, vi: Giấy } }
  - page: lamps
    title: { ja: 提灯, ja-easy: 提灯, en: Lanterns, zh-Hans: 灯笼, ko: 등, vi: Đèn }
    repeat: { name: lamps, min: 1, max: 3, item: { ja: 提灯, ja-easy: 提灯, en: Lantern, zh-Hans: 灯笼, ko: 등, vi: Đèn } }
    ask:
      - { name: height, type: number, label: { ja: 高さ, ja-easy: 高さ, en: Height, zh-Hans: 高度, ko: 높이, vi: Cao } }
case: permit
)yaml";
inline constexpr const char* kReport = R"yaml(procedure: matrix-report
version: 1
kind: report
name: { ja: 検査の通報, ja-easy: 検査の通報, en: Matrix report, zh-Hans: 报告, ko: 신고, vi: Báo }
owner: OWNER
target: P7D
assurance: none
check: no
pages:
  - page: what
    title: { ja: 内容, ja-easy: 内容, en: What, zh-Hans: 内容, ko: 내용, vi: Gì }
    ask:
      - { name: category, type: choice, label: { ja: 種類, ja-easy: 種類, en: Kind, zh-Hans: 种类, ko: 종류, vi: Loại }, options: [ { value: hole, label: { ja: 穴, ja-easy: 穴, en: Hole, zh-Hans: 洞, ko: 구멍, vi: Lỗ } } ] }
      - { name: place, type: place, label: { ja: 場所, ja-easy: 場所, en: Place, zh-Hans: 地点, ko: 장소, vi: Nơi } }
      - { name: photo, type: photo, optional: yes, max: 1, label: { ja: 写真, ja-easy: 写真, en: Photo, zh-Hans: 照片, ko: 사진, vi: Ảnh } }
map: { public: yes, category: category, place: place, photo: photo }
case: fault-report
)yaml";
inline constexpr const char* kRegister = R"yaml(register: NAME
version: 1
name: { ja: 検査台帳, en: Matrix register }
owner: OWNER
title: tag
workflow: matrix-care
columns:
  - { column: tag, type: text, label: { ja: 札, en: Tag }, unique: yes, filter: yes, search: yes }
  - { column: keeper, type: text, personal: yes, label: { ja: 持ち主, en: Keeper } }
  - { column: paper, type: file, optional: yes, max: 2, label: { ja: 書類, en: Paper } }
  - { column: place, type: place, optional: yes, label: { ja: 場所, en: Place } }
views:
  - { view: all, type: list, name: { ja: 一覧, en: All } }
  - { view: map, type: map, place: place, name: { ja: 地図, en: Map } }
rights: { read: [clerk, approver, auditor], write: [clerk, approver], bulk: [approver], import: [approver] }
)yaml";
inline constexpr const char* kCare = R"yaml(workflow: matrix-care
version: 1
start: living
states:
  - { state: living, name: { ja: 生育中, en: Living } }
  - { state: felled, name: { ja: 伐採済, en: Felled }, end: closed }
actions:
  - { action: fell, name: { ja: 伐採, en: Fell }, from: [living], to: felled, by: staff, permission: case.review, needs: [reason] }
)yaml";

inline constexpr const char* kAlarm = R"yaml(alarm: NAME
version: 1
name: { ja: 検査の警報, en: Sample alarm }
owner: OWNER
entity: MatrixThing
priority: low
values: [ { value: level, attribute: level } ]
when: level > 1
rationalisation: { cause: 検査, consequence: 検査, action: 検査 }
)yaml";

inline std::string filled(std::string text, const std::string& name, const std::string& owner) {
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"NAME", name}, {"OWNER", owner}})
    for (std::size_t at; (at = text.find(from)) != std::string::npos;) text.replace(at, from.size(), to);
  return text;
}
inline void put_file(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << text;
}
inline std::string header_of(const http::Response& r, std::string_view name) {
  for (const auto& [key, value] : r.headers)
    if (lower_ascii(key) == lower_ascii(name)) return value;
  return {};
}
/// What stands behind `mark` up to one of `ends`; "" when it does not stand there.
inline std::string behind(const std::string& text, const std::string& mark, const char* ends = "\"&? <") {
  const auto at = text.find(mark);
  return at == std::string::npos ? "" : text.substr(at + mark.size(), text.find_first_of(ends, at + mark.size()) - at - mark.size());
}

/// Somebody with what their browser or program carries.
struct Caller {
  Asker asker;
  std::string cookie, csrf, bearer;
};

struct Call {
  http::Method method = http::Method::get;
  std::string path;
  http::Pairs form;
  std::string body;                    ///< JSON, instead of a form
  std::vector<std::pair<std::string, std::string>> files;   ///< field, path of a file
  std::string id = "r1";
  http::Pairs headers = {};
};

class World {
 public:
  /// Throws with the reason when the house does not open.
  explicit World(const store::testing::TestDatabase& database) : folder_(database.folder() + "/house") {
    setenv("MACHIYA_ROOT", MACHIYA_SOURCE_DIR, 1);
    settings_ = *settings_from(Arguments());
    settings_.data = folder_ + "/var", settings_.key_file = folder_ + "/key", settings_.city = folder_ + "/city", settings_.store = database.url();
    fs::create_directories(folder_);
    fs::copy(std::string(MACHIYA_SOURCE_DIR) + "/city/osaka", settings_.city, fs::copy_options::recursive);
    const std::string forms = settings_.city + "/01-life/online-procedures/forms/", registers = settings_.city + "/11-systems/back-office/registers/";
    for (const auto& [name, owner] : {std::pair{"matrix-a", kHere}, {"matrix-b", kThere}, {"matrix-c", kHere}}) put_file(forms + name + ".yaml", filled(kForm, name, owner));
    put_file(forms + "matrix-report.yaml", filled(kReport, "", kHere));
    put_file(forms + "matrix-signed.yaml", filled(kForm, "matrix-signed", kHere) + "signature: asked\n");
    put_file(registers + "matrix-rows-a.yaml", filled(kRegister, "matrix-rows-a", kHere));
    put_file(registers + "matrix-rows-b.yaml", filled(kRegister, "matrix-rows-b", kThere));
    put_file(settings_.city + "/workflows/matrix-care.yaml", kCare);
    fs::create_directories(settings_.city + "/alarms");
    for (const auto& [name, owner] : {std::pair{"matrix-alarm-a", kHere}, {"matrix-alarm-b", kThere}}) put_file(settings_.city + "/alarms/" + name + ".yaml", filled(kAlarm, name, owner));
    testing::put_channels(settings_, folder_);
    open();
    put_file(folder_ + "/paper.pdf", "%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n");
    // One grey point.
    constexpr unsigned char kPicture[] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3A, 0x7E, 0x9B, 0x55, 0, 0, 0, 10,
                                          'I', 'D', 'A', 'T', 0x78, 0x9C, 0x63, 0x68, 0, 0, 0, 0x82, 0, 0x81, 0x77, 0xCD, 0x72, 0xB6, 0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xAE, 0x42, 0x60, 0x82};
    put_file(folder_ + "/photo.png", std::string(reinterpret_cast<const char*>(kPicture), sizeof kPicture));
    put_file(folder_ + "/rows.csv", "札,持ち主\nimported,金糸雀\n");
  }
  void open() {
    auto furniture = load_furniture(settings_);
    if (!furniture.ok()) throw std::runtime_error(furniture.error().to_string());
    auto house = House::open(settings_, *furniture);
    if (!house.ok()) throw std::runtime_error(house.error().to_string());
    house_ = std::move(*house);
  }
  House& house() { return *house_; }
  const std::string& folder() const { return folder_; }

  http::Response ask(const Caller& who, const Call& call) {
    http::Request r = http::testing::request(call.method, call.path);
    r.remote = "127.0.0.1", r.id = call.id, r.headers = call.headers;
    r.headers.emplace_back("host", "city.example");
    r.headers.emplace_back("accept", call.path.rfind("/api/", 0) == 0 ? "application/json" : "text/html");
    std::string cookies = who.cookie.empty() ? "" : "machiya=" + who.cookie;
    if (!who.asker.purpose.empty()) cookies += "; machiya-purpose=" + who.asker.purpose;
    if (!cookies.empty()) r.headers.emplace_back("cookie", cookies);
    if (!who.bearer.empty()) r.headers.emplace_back("authorization", "Bearer " + who.bearer);
    if (!who.csrf.empty()) r.headers.emplace_back("x-csrf-token", who.csrf);
    r.form_pairs = call.form, r.body = call.body;
    if (!call.body.empty()) r.headers.emplace_back("content-type", "application/json");
    for (const auto& [field, path] : call.files) r.files.push_back({field, fs::path(path).filename(), path.find(".csv") != std::string::npos ? "text/csv" : path.find(".png") != std::string::npos ? "image/png" : "application/pdf", path, fs::file_size(path)});
    return house_->router().dispatch(r);
  }
  http::Response get(const Caller& who, const std::string& path) { return ask(who, {http::Method::get, path, {}, {}, {}}); }
  http::Response post(const Caller& who, const std::string& path, http::Pairs form) { return ask(who, {http::Method::post, path, std::move(form), {}, {}}); }
  json::Value api(const Caller& who, http::Method method, const std::string& path, const std::string& body, int status, http::Pairs headers = {}) {
    const auto r = ask(who, {method, path, {}, body, {}, "setup", std::move(headers)});
    EXPECT_EQ(r.status, status) << path << " " << r.body.substr(0, 400);
    auto parsed = json::parse(r.body);
    return parsed.ok() ? *parsed : json::Value();
  }

  Caller visitor() {
    Caller out;
    out.asker.name = "visitor";
    http::Request r = http::testing::request(http::Method::get, "/login");
    r.remote = "127.0.0.1", r.headers = {{"host", "city.example"}, {"accept", "text/html"}};
    const auto page = house_->router().dispatch(r);
    out.cookie = behind(header_of(page, "set-cookie"), "machiya=", ";"), out.csrf = behind(page.body, "name=\"csrf\" value=\"");
    out.asker.who = "visitor";
    return out;
  }
  Caller citizen(const std::string& name) {
    Caller out;
    out.asker.name = name, out.asker.kind = Asker::citizen, out.asker.who = name;
    auto code = house_->identity().request_code(email_of(name), "127.0.0.1", "ja");
    EXPECT_TRUE(code.ok());
    auto cookie = house_->identity().redeem_code(code->ticket, *code->shown_code, identity::Principal{});
    EXPECT_TRUE(cookie.ok());
    out.cookie = *cookie;
    out.csrf = behind(get(out, "/my/delegations").body, "name=\"csrf\" value=\"");
    EXPECT_FALSE(out.csrf.empty()) << name;
    return out;
  }
  /// Makes the account at the first time.
  Caller staff(const std::string& account, const Words& roles, const std::string& department) {
    if (made_.insert(account).second) {
      auto made = house_->store().write([&](store::Tx& tx) { return house_->identity().put_staff(tx, account, account, kDemonstrationPassword, kDemonstrationTotp, roles, department); });
      EXPECT_TRUE(made.ok());
    }
    Caller out;
    out.asker.name = account, out.asker.kind = Asker::staff, out.asker.who = account, out.asker.roles = roles, out.asker.department = department;
    auto cookie = house_->identity().staff_login(account, kDemonstrationPassword, house_->identity().demonstration_totp_code(), "127.0.0.1");
    EXPECT_TRUE(cookie.ok()) << account;
    if (!cookie.ok()) return out;
    out.cookie = *cookie;
    out.csrf = behind(get(out, "/staff/purpose").body, "name=\"csrf\" value=\"");
    EXPECT_FALSE(out.csrf.empty()) << account;
    return out;
  }
  Caller client(const std::string& name, const Words& scopes, const Words& roles, const std::string& department) {
    auto token = house_->identity().create_client(name, scopes, admin(), 0, {roles, department});
    EXPECT_TRUE(token.ok()) << name;
    Caller out;
    out.asker.name = name, out.asker.kind = Asker::client, out.asker.who = name, out.asker.scopes = scopes, out.asker.roles = roles, out.asker.department = department;
    out.bearer = token.ok() ? *token : "";
    return out;
  }
  static identity::Principal admin() {
    identity::Principal p;
    p.kind = identity::PrincipalKind::staff, p.public_id = "setup", p.name = "setup", p.roles = {"admin"};
    return p;
  }
  identity::Principal person(const std::string& name) {
    auto found = house_->store().read([&](store::ReadTx& tx) { return house_->identity().find_person(tx, email_of(name)); });
    EXPECT_TRUE(found.ok()) << name;
    return found.ok() ? *found : identity::Principal{};
  }

  std::string upload(const Caller& client, const std::string& name) {
    const auto file = ask(client, {http::Method::post, "/api/v1/files", {}, {}, {{"file", folder_ + "/" + name}}});
    EXPECT_EQ(file.status, 201) << file.body;
    return behind(file.body, "\"blob\":\"");
  }
  /// Sends an application for a person through the API; the paper in it is `blob`.
  std::string apply(const Caller& client, const std::string& procedure, const std::string& person, std::string& blob) {
    blob = upload(client, "paper.pdf");
    const Family& f = family_of(person);
    const std::string body = "{\"applicant\":{\"email\":\"" + email_of(person) + "\"},\"answers\":{\"person\":{\"family\":\"" + f.family + "\",\"given\":\"" + f.given + "\",\"family_kana\":\"カナリア\",\"given_kana\":\"トキコ\"},"
                             "\"home\":\"" + f.home + "\",\"phone\":\"" + f.phone + "\",\"paper\":[{\"blob\":\"" + blob + "\",\"filename\":\"paper.pdf\",\"type\":\"application/pdf\",\"bytes\":60}],\"lamps\":[{\"height\":3}]}}";
    return api(client, http::Method::post, "/api/v1/procedures/" + procedure + "/applications", body, 201, {{"idempotency-key", procedure + std::to_string(++sent_)}}).text("number");
  }

  store::Store& store() { return house_->store(); }

 private:
  std::string folder_;
  Settings settings_;
  std::unique_ptr<House> house_;
  std::set<std::string> made_;
  int sent_ = 0;
};

}  // namespace machiya::app::authorization
