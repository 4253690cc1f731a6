#include "ask/registers/register.h"

#include <algorithm>

#include "ask/registers/register_compiler.h"
#include "city/near.h"

namespace machiya::registers {

using json::Value;

const Column* Register::column(std::string_view name) const {
  for (const Column& c : columns)
    if (c.name == name) return &c;
  return nullptr;
}
const View* Register::view(std::string_view wanted) const {
  for (const View& v : views)
    if (v.id == wanted) return &v;
  return nullptr;
}
bool Register::has_personal() const {
  return std::any_of(columns.begin(), columns.end(), [](const Column& c) { return c.personal; });
}

bool Register::moves() const {
  return std::any_of(columns.begin(), columns.end(), [](const Column& c) { return c.moves; });
}

bool Register::reads_others() const {
  return std::any_of(columns.begin(), columns.end(), [](const Column& c) { return c.kind == ColumnKind::rollup || !c.reads.empty(); });
}

std::string child(const std::string& at, std::string_view key) { return at + "/" + json::pointer_token(key); }
std::string child(const std::string& at, std::size_t index) { return at + "/" + std::to_string(index); }

bool RegisterCompiler::yes(const Value& in, const char* key) { return in[key].as_bool() || in.text(key) == "yes"; }

Column* RegisterCompiler::find(std::string_view name) {
  for (Column& c : out_->columns)
    if (c.name == name) return &c;
  return nullptr;
}

Column* RegisterCompiler::need(const std::string& name, const std::string& at) {
  if (Column* found = find(name)) return found;
  std::vector<std::string> names;
  for (const Column& c : out_->columns) names.push_back(c.name);
  const std::string near = city::nearest(name, names);
  error(at, "列「" + name + "」はありません" + (near.empty() ? "" : "。「" + near + "」の誤りではありませんか"),
        "there is no column '" + name + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"));
  return nullptr;
}

Column* RegisterCompiler::need_filter(const std::string& name, const std::string& at) {
  Column* found = need(name, at);
  if (found == nullptr || found->filter) return found;
  error(at, "列「" + name + "」で絞り込みや並べ替えをするには、その列に filter: yes が要ります",
        "to filter or sort by column '" + name + "' it needs filter: yes");
  return nullptr;
}

std::shared_ptr<const Register> RegisterCompiler::run() {
  if (!in_.is_object()) {
    error("", "台帳の定義ではありません", "this is no definition of a register");
    return nullptr;
  }
  const auto before = faults_.list().size();
  head();
  rights();
  columns();
  title();
  combinations();
  sections();
  references();
  form();
  check_rollups();
  checks();
  reminders();
  views();
  for (std::size_t i = before; i < faults_.list().size(); ++i)
    if (faults_.list()[i].severity == Severity::error) return nullptr;
  return out_;
}

void RegisterCompiler::head() {
  Register& r = *out_;
  r.id = in_.text("register");
  if (r.id.empty()) error("", "register(台帳の識別名)がありません", "register (its id) is missing");
  if (city_.find("procedure", r.id) != nullptr)
    error("/register", "手続「" + r.id + "」も台帳として扱われます。別の識別名にしてください", "the procedure '" + r.id + "' is a register too: take another id");
  r.version = static_cast<int>(in_["version"].as_int(1));
  r.initiative = source_.initiative;
  r.hash = source_.hash;
  r.name = interview::Texts(in_["name"]);
  if (r.name.in("ja").empty()) error(in_.has("name") ? "/name" : "", "name に日本語の名前がありません", "name needs a Japanese text");
  r.summary = interview::Texts(in_["summary"]);
  r.law = interview::Texts(in_["law"]);
  r.owner = in_.text("owner");
  if (r.owner.empty()) error("", "owner(所管)がありません", "owner is missing");
  r.title = in_.text("title");
  r.workflow = in_.text("workflow");
  r.retention = cases::read_retention(in_["retention"], faults_);
}

std::vector<std::string> RegisterCompiler::roles(const Value& list, const std::string& at) {
  std::vector<std::string> out;
  const Value& known = city_.policy()["roles"];
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string& role = list[i].as_string();
    if (known.is_object() && !known.has(role)) {
      std::vector<std::string> names;
      for (const auto& [name, body] : known.members()) names.push_back(name);
      const std::string near = city::nearest(role, names);
      error(child(at, i), "役割「" + role + "」は policy.yaml にありません" + (near.empty() ? "" : "。「" + near + "」の誤りではありませんか"),
            "policy.yaml has no role '" + role + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
    if (std::find(out.begin(), out.end(), role) == out.end()) out.push_back(role);
  }
  return out;
}

void RegisterCompiler::rights() {
  Rights& r = out_->rights;
  const Value& in = in_["rights"];
  const auto take = [&](const char* key, std::vector<std::string> otherwise) {
    return in.has(key) ? roles(in[key], child("/rights", key)) : std::move(otherwise);
  };
  r.read = take("read", {"clerk", "approver", "auditor"});
  r.write = take("write", {"clerk", "approver"});
  r.bulk = take("bulk", {"approver"});
  r.import = take("import", {"approver"});
  const auto within = [&](const char* key, const std::vector<std::string>& list) {
    for (const std::string& role : list)
      if (std::find(r.read.begin(), r.read.end(), role) == r.read.end())
        error(in.has(key) ? child("/rights", key) : "/rights", "役割「" + role + "」は読めない台帳に書けません(rights.read に加えてください)",
              "role '" + role + "' cannot write what it may not read (add it to rights.read)");
  };
  within("write", r.write);
  within("bulk", r.bulk);
  within("import", r.import);
}

/// Rows are called by their title in lists, relations and links, by whoever sees those.
void RegisterCompiler::title() {
  if (out_->title.empty()) {
    error("", "title(行の名前になる列)がありません", "title (the column that names a row) is missing");
    return;
  }
  Column* column = need(out_->title, "/title");
  if (column == nullptr) return;
  if (column->personal || !column->read.empty())
    error("/title", "title の列は、台帳を読む人がみな読める列にします(personal や read のない列)", "the title must be a column that every reader may read: without personal and read");
  else if (!indexable(column->type) || column->type == interview::AnswerType::choices || column->moves)
    error("/title", "title は文字、数字、日付、選択、関連の列にします", "the title must be a column of text, digits, a number, a date, a choice or a relation");
  column->filter = column->indexed = true;
}

void RegisterCompiler::combinations() {
  const Value& list = in_["unique"];
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string at = child("/unique", i);
    std::vector<std::string> names;
    for (std::size_t j = 0; j < list[i].size(); ++j) {
      const std::string here = child(at, j);
      Column* column = need(list[i][j].as_string(), here);
      if (column == nullptr) continue;
      names.push_back(column->name);
      if (column->personal || column->moves || !indexable(column->type))
        error(here, "列「" + column->name + "」は重複の検査に使えません(個人情報、添付、地点、今日で変わる計算など)",
              "column '" + column->name + "' cannot be part of a combination (personal, files, a place, changing with the day …)");
      else
        column->indexed = true;
    }
    if (list[i].size() < 2) error(at, "組合せは二列以上です。一列なら列に unique: yes と書きます", "a combination has two columns or more; for one write unique: yes at the column");
    out_->unique.push_back(std::move(names));
  }
}

std::shared_ptr<const Register> compile_register(const Value& body, const city::Source& source, const city::City& city, Diagnostics& faults) {
  return RegisterCompiler(body, source, city, faults).run();
}

}  // namespace machiya::registers
