#include "ask/interview/compiler.h"
#include "base/text.h"

namespace machiya::interview {
namespace {

using json::Value;

bool is_snake(std::string_view name) {
  if (name.empty() || name.size() > 60 || !(name[0] >= 'a' && name[0] <= 'z')) return false;
  for (char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  return true;
}
bool is_feel_word(std::string_view name) {
  for (std::string_view word : {"if", "then", "else", "for", "return", "in", "some", "every", "satisfies", "between", "and", "or", "not", "null", "true", "false",
                                "function", "instance", "of", "external", "item", "partial"})
    if (word == name) return true;
  return false;
}
std::string child(const std::string& at, std::string_view key) { return at + "/" + json::pointer_token(key); }
std::string child(const std::string& at, std::size_t index) { return at + "/" + std::to_string(index); }
template <class List>
bool contains(const List& allowed, std::string_view value) {
  for (std::string_view one : allowed)
    if (one == value) return true;
  return false;
}
bool one_of(std::string_view value, std::initializer_list<std::string_view> allowed) { return contains(allowed, value); }

constexpr std::string_view kFacts[] = {"person.name", "person.address", "person.birth_date", "person.phone", "person.email",
                                                            "person.bank_account", "person.organisation"};

}  // namespace

bool ProcedureCompiler::flag(const Value& in, const char* key, bool otherwise) {
  const Value& value = in[key];
  if (value.is_bool()) return value.as_bool();
  const auto& text = value.as_string();
  return text.empty() ? otherwise : text == "yes" || text == "true";
}

int ProcedureCompiler::whole(const Value& in, const char* key, const std::string& at, int otherwise, int min, int max) {
  const Value* value = in.find(key);
  if (value == nullptr || value->is_null()) return otherwise;
  if (value->kind() == json::Kind::integer && value->as_int() >= min && value->as_int() <= max) return static_cast<int>(value->as_int());
  const std::string range = std::to_string(min) + "–" + std::to_string(max);
  faults_.error(child(at, key), std::string(key) + " は " + range + " の整数です", std::string(key) + " must be a whole number " + range);
  return otherwise;
}

Texts ProcedureCompiler::need_text(const Value& in, const char* key, const std::string& at) {
  Texts text(in[key]);
  if (text.empty() || text.in("ja").empty())
    faults_.error(in.has(key) ? child(at, key) : at, std::string(key) + " に日本語の文がありません", std::string(key) + " needs a Japanese text");
  return text;
}

bool ProcedureCompiler::claim(const std::string& name, const std::string& at, const std::string& scope) {
  if (!is_snake(name)) {
    faults_.error(at, "名前「" + name + "」は英小文字・数字・_ で書きます", "the name '" + name + "' must be snake_case");
    return false;
  }
  if (is_feel_word(name)) {
    faults_.error(at, "「" + name + "」は FEEL の予約語です", "'" + name + "' is a reserved word of FEEL");
    return false;
  }
  const auto [found, fresh] = claimed_.emplace(scope + "/" + name, at);
  if (!fresh) faults_.error(at, "名前「" + name + "」は " + found->second + " で使われています", "the name '" + name + "' is used at " + found->second);
  return fresh;
}

std::shared_ptr<const Procedure> ProcedureCompiler::run() {
  if (!in_.is_object()) {
    faults_.error("", "手続の定義ではありません", "this is no definition of a procedure");
    return nullptr;
  }
  const auto before = faults_.list().size();
  head();
  pages();
  calculations();
  scopes();
  formulas();
  stops();
  references();
  for (std::size_t i = before; i < faults_.list().size(); ++i)
    if (faults_.list()[i].severity == Severity::error) return nullptr;
  return out_;
}

void ProcedureCompiler::head() {
  Procedure& p = *out_;
  p.id = in_.text("procedure");
  if (p.id.empty()) faults_.error("", "procedure(手続の識別名)がありません", "procedure (its id) is missing");
  p.version = whole(in_, "version", "", 1, 1, 1'000'000);
  p.kind = in_.text("kind").empty() ? "application" : in_.text("kind");
  if (!one_of(p.kind, {"application", "notification", "certificate", "report", "self-check"}))
    faults_.error("/kind", "kind は application, notification, certificate, report, self-check のどれかです", "kind must be application, notification, certificate, report or self-check");
  p.name = need_text(in_, "name", "");
  p.summary = Texts(in_["summary"]);
  p.law = Texts(in_["law"]);
  p.fee_note = Texts(in_["fee_note"]);
  p.after = Texts(in_["after"]);
  if (in_["attach"].is_array()) for (const auto& item : in_["attach"].items()) p.attach.emplace_back(item);
  else if (in_.has("attach")) p.attach.emplace_back(in_["attach"]);
  p.owner = in_.text("owner");
  p.target = in_.text("target");
  p.workflow = in_.text("case");
  if (!in_.text("assurance").empty()) p.assurance = in_.text("assurance");
  if (!one_of(p.assurance, {"none", "contact", "verified"}))
    faults_.error("/assurance", "assurance は none, contact, verified のどれかです", "assurance must be none, contact or verified");
  signing();
  if (!in_.text("ask_login").empty()) p.ask_login = in_.text("ask_login");
  if (!one_of(p.ask_login, {"start", "send"})) faults_.error("/ask_login", "ask_login は start か send です", "ask_login must be start or send");
  p.check_page = flag(in_, "check", true);
  if (p.signing != Signing::none && !p.check_page)
    faults_.error("/check", "署名する手続では、署名の前に確認の画面が要ります(check: no と signature は並べられません)", "what is signed is checked first: a procedure with a signature has a check page");
  p.open = flag(in_, "open", true);
  p.facts = in_["facts"];
  p.map = in_["map"];
  p.limits = in_["limits"];
}

/// A signature is somebody's: what needs no log-in cannot ask for one.
void ProcedureCompiler::signing() {
  const std::string& word = in_.text("signature");
  if (!word.empty() && !one_of(word, {"none", "asked", "required"}))
    return faults_.error("/signature", "signature は none, asked, required のどれかです", "signature must be none, asked or required");
  out_->signing = word == "required" ? Signing::required : word == "asked" ? Signing::asked : Signing::none;
  if (out_->signing != Signing::none && out_->assurance == "none")
    faults_.error("/signature", "ログインの要らない手続(assurance: none)に電子署名は求められません", "a procedure that needs no log-in (assurance: none) cannot ask for a signature");
}

void ProcedureCompiler::pages() {
  const Value& list = in_["pages"];
  if (!list.is_array() || list.size() == 0) {
    faults_.error(in_.has("pages") ? "/pages" : "", "pages に画面がありません", "pages is empty");
    return;
  }
  if (list.size() > static_cast<std::size_t>(kMaxPages)) {
    faults_.error("/pages", "画面は" + std::to_string(kMaxPages) + "までです", "at most " + std::to_string(kMaxPages) + " pages");
    return;
  }
  out_->pages.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) page(list[i], child("/pages", i), static_cast<int>(i));
}

void ProcedureCompiler::page(const Value& in, const std::string& at, int index) {
  Page& page = out_->pages.emplace_back();
  page.index = index;
  page.id = in.text("page");
  bool id_ok = !page.id.empty() && page.id.size() <= 60;
  for (char c : page.id) id_ok = id_ok && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_');
  if (!id_ok || one_of(page.id, {"check", "sign", "send", "receipt", "files"}))
    faults_.error(in.has("page") ? child(at, "page") : at, "page(画面の識別名)は英小文字・数字・- で、check, sign, send, receipt, files 以外です",
                  "page needs an id of lower-case letters, digits and '-', other than check, sign, send, receipt, files");
  if (const auto [found, fresh] = claimed_.emplace("page:" + page.id, at); !fresh)
    faults_.error(child(at, "page"), "画面「" + page.id + "」は " + found->second + " にもあります", "the page '" + page.id + "' is also at " + found->second);
  page.title = need_text(in, "title", at);
  page.intro = Texts(in["intro"]);
  if (in.has("repeat")) repeat(in["repeat"], child(at, "repeat"), page);
  const Value& ask = in["ask"];
  if (!ask.is_array() || ask.size() == 0) {
    faults_.error(in.has("ask") ? child(at, "ask") : at, "ask に質問がありません", "ask has no question");
    return;
  }
  page.questions.reserve(ask.size());
  for (std::size_t i = 0; i < ask.size() && questions_ < kMaxQuestions; ++i) question(ask[i], child(child(at, "ask"), i), page);
  if (questions_ >= kMaxQuestions) faults_.error(child(at, "ask"), "質問は全部で" + std::to_string(kMaxQuestions - 1) + "までです", "at most " + std::to_string(kMaxQuestions - 1) + " questions");
}

void ProcedureCompiler::repeat(const Value& in, const std::string& at, Page& page) {
  Repeat repeat;
  repeat.name = in.text("name");
  claim(repeat.name, in.has("name") ? child(at, "name") : at, "");
  repeat.min = whole(in, "min", at, 0, 0, kMaxItems);
  repeat.max = whole(in, "max", at, 20, 1, kMaxItems);
  if (repeat.min > repeat.max) faults_.error(child(at, "min"), "min が max より大きいです", "min is larger than max");
  repeat.item = need_text(in, "item", at);
  page.repeat = std::move(repeat);
}

void ProcedureCompiler::question(const Value& in, const std::string& at, Page& page) {
  if (in.has("use")) {
    faults_.error(child(at, "use"), "質問のまとまり「" + in.text("use") + "」がありません", "there is no block '" + in.text("use") + "'");
    return;
  }
  ++questions_;
  Question question;
  question.page = page.index;
  const auto type = answer_type_of(in.text("type"));
  if (!type) faults_.error(in.has("type") ? child(at, "type") : at, "type「" + in.text("type") + "」はありません", "there is no type '" + in.text("type") + "'");
  question.type = type.value_or(AnswerType::text);
  question.name = in.text("name");
  const std::string scope = page.repeat ? page.repeat->name : "";
  if (question.asks() || !question.name.empty()) {
    if (claim(question.name, in.has("name") ? child(at, "name") : at, scope))
      out_->by_path_[scope.empty() ? question.name : scope + "/" + question.name] = {page.index, static_cast<int>(page.questions.size())};
  }
  const bool tells = question.type == AnswerType::declaration || question.type == AnswerType::info;
  question.label = tells ? Texts(in["label"]) : need_text(in, "label", at);
  question.hint = Texts(in["hint"]);
  if (tells) question.text = need_text(in, "text", at);
  if (question.type == AnswerType::declaration && question.label.empty()) question.label = question.text;
  question.optional = flag(in, "optional", false);
  question.autocomplete = in.text("autocomplete");
  question.prefill = in.text("prefill");
  if (!question.prefill.empty() && !contains(kFacts, question.prefill))
    faults_.error(child(at, "prefill"), "prefill「" + question.prefill + "」という事実はありません", "there is no fact '" + question.prefill + "' to prefill from");
  question_type(in, at, question);
  question.filter = flag(in, "filter", false);
  if (question.filter && (page.repeat || !filterable(question.type)))
    faults_.error(child(at, "filter"), "filter はくり返しの外の date, choice, choices, yes-no, money, number に付けます", "filter is for date, choice, choices, yes-no, money and number outside a repeat");
  page.questions.push_back(std::move(question));
}

void ProcedureCompiler::question_type(const Value& in, const std::string& at, Question& question) {
  question.max_length = whole(in, "max_length", at, 0, 1, 20'000);
  question.min_length = whole(in, "min_length", at, 0, 0, 20'000);
  question.length = whole(in, "length", at, 0, 1, 200);
  question.decimals = whole(in, "decimals", at, 0, 0, 12);
  question.unit = Texts(in["unit"]);
  question.pattern = in.text("pattern");
  question.within = in.text("within");
  if (!question.within.empty()) {
    out_->needs_world = true;
    if (!one_of(question.within, {"city", "ward"}) || (question.type != AnswerType::address && question.type != AnswerType::place))
      faults_.error(child(at, "within"), "within は address と place の city か ward です", "within is city or ward, of an address or place");
  }
  const bool counts = question.type == AnswerType::choices || question.takes_files();
  if (counts) {
    question.min_count = whole(in, "min", at, -1, 0, kMaxOptions);
    question.max_count = whole(in, "max", at, -1, 1, question.takes_files() ? 20 : kMaxOptions);
    if (question.max_count >= 0 && question.min_count > question.max_count) faults_.error(child(at, "min"), "min が max より大きいです", "min is larger than max");
  }
  for (const auto& item : in["exif"].items()) {
    if (!one_of(item.as_string(), {"place", "time"})) faults_.error(child(at, "exif"), "exif は place, time です", "exif is place, time");
    question.exif.push_back(item.as_string());
  }
  if (question.type == AnswerType::place || question.type == AnswerType::address) out_->needs_world = true;
  if (question.type == AnswerType::choice || question.type == AnswerType::choices) options(in, at, question);
  question.feel_type = unit_of(question.type).feel_type(question);
  for (const auto& [name, type] : out_->world.references)
    if (name == question.name) question.reference = true, question.feel_type = type;
}

void ProcedureCompiler::options(const Value& in, const std::string& at, Question& question) {
  question.options_from = in.text("options_from");
  if (!question.options_from.empty()) {
    out_->needs_world = true;
    if (!one_of(question.options_from, {"wards", "departments"}))
      faults_.error(child(at, "options_from"), "options_from は wards か departments です", "options_from must be wards or departments");
    if (in.has("options")) faults_.error(child(at, "options"), "options と options_from の両方は書けません", "options and options_from exclude each other");
    for (const auto& place : question.options_from == "wards" ? out_->world.wards : out_->world.departments) question.options.push_back({place.id, place.name, {}});
    return;
  }
  const Value& list = in["options"];
  if (!list.is_array() || list.size() == 0 || list.size() > static_cast<std::size_t>(kMaxOptions)) {
    faults_.error(in.has("options") ? child(at, "options") : at, "options に選択肢がありません", "options is empty or too long");
    return;
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string here = child(child(at, "options"), i);
    const std::string value = scalar_text(list[i]["value"]);
    if (value.empty() || clean(value) != value) faults_.error(here, "選択肢に value がありません", "the option has no value");
    if (question.option(value) != nullptr) faults_.error(here, "選択肢「" + value + "」が二つあります", "the option '" + value + "' is there twice");
    question.options.push_back({value, need_text(list[i], "label", here), Texts(list[i]["hint"])});
  }
}

void ProcedureCompiler::calculations() {
  const Value& list = in_["calculate"];
  if (list.is_null()) return;
  if (!list.is_array() || list.size() > 200) {
    faults_.error("/calculate", "calculate は200までの並びです", "calculate is a list of at most 200");
    return;
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string at = child("/calculate", i);
    Calculation calculation;
    calculation.label = Texts(list[i]["label"]);
    calculation.show = flag(list[i], "show", false);
    auto type = feel::parse_type(list[i].text("type").empty() ? "Any" : list[i].text("type"));
    if (type.ok()) calculation.type = *type;
    else faults_.error(child(at, "type"), "型「" + list[i].text("type") + "」はありません", "there is no type '" + list[i].text("type") + "'");
    const auto& name = list[i].text("name");
    claim(name, list[i].has("name") ? child(at, "name") : at, "");
    if (calculation.show && calculation.label.empty()) faults_.error(at, "show には label が要ります", "show needs a label");
    out_->calculations.push_back(std::move(calculation));
    out_->calculations.back().name = name;
  }
}

void ProcedureCompiler::references() {
  const Value& map = out_->map;
  if (map.is_null()) return;
  const std::pair<const char*, AnswerType> wanted[] = {{"category", AnswerType::choice}, {"place", AnswerType::place}, {"photo", AnswerType::photo}};
  for (const auto& [key, type] : wanted) {
    if (!map.has(key)) continue;
    const Question* question = out_->question(map.text(key));
    if (question == nullptr || question->type != type)
      faults_.error(child("/map", key), "「" + map.text(key) + "」という " + std::string(answer_type_name(type)) + " の質問はありません",
                    "there is no question '" + map.text(key) + "' of type " + std::string(answer_type_name(type)));
  }
}

std::shared_ptr<const Procedure> compile_procedure(const Value& definition, const World& world, Diagnostics& faults) {
  return ProcedureCompiler(definition, world, faults).run();
}

std::shared_ptr<const Procedure> compile_procedure(const Value& definition, const Value& decisions, Diagnostics& faults) {
  World world;
  world.decisions = decisions;
  return compile_procedure(definition, world, faults);
}

}  // namespace machiya::interview
