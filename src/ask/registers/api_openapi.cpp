// OpenAPI 3.1 of the registers that a caller may read: exactly the paths, columns and actions that are open to this caller.
#include "ask/apply/openapi_parts.h"
#include "ask/registers/api.h"

namespace machiya::registers::detail {
namespace {

using namespace apply::openapi;

Value flag() { return Value::object({{"type", "boolean"}}); }
Value whole_number() { return Value::object({{"type", "integer"}}); }
Value list_of(Value items) { return Value::object({{"type", "array"}, {"items", std::move(items)}}); }
Value map() { return Value::object({{"type", "object"}}); }
Value one_of(const std::vector<std::string>& values) {
  Value list = Value::array();
  for (const std::string& value : values) list.push(value);
  return Value::object({{"type", "string"}, {"enum", std::move(list)}});
}

Value fault_schema() {
  return object({{"pointer", text_type("json-pointer")}, {"parameter", text_type()}, {"code", text_type()}, {"message", text_type()}}, names({"code", "message"}));
}

/// There only while rows may be missing.
Value indexing() { return object({{"done", whole_number()}, {"total", whole_number()}}, names({"done", "total"})); }

Value shared_schemas() {
  Value out = Value::object();
  const Value rights = object({{"add", flag()}, {"bulk", flag()}, {"import", flag()}}, names({"add", "bulk", "import"}));
  const Value brief = object({{"id", text_type()}, {"version", whole_number()}, {"name", text_type()}, {"summary", text_type()}, {"owner", text_type()}, {"page", text_type("uri-reference")},
                              {"self", text_type("uri-reference")}, {"rows", text_type("uri-reference")}, {"rights", rights}}, names({"id", "version", "name", "owner", "page", "self", "rows", "rights"}));
  const Value column = object({{"column", text_type()}, {"kind", one_of({"answer", "relation", "formula", "deadline", "rollup"})}, {"type", text_type()}, {"label", text_type()}, {"hint", text_type()},
                               {"required", flag()}, {"writable", flag()}, {"personal", flag()}, {"filter", flag()}, {"search", flag()}, {"unique", flag()}, {"relation", text_type()}, {"unit", text_type()},
                               {"options", list_of(object({{"value", text_type()}, {"label", text_type()}}, names({"value", "label"})))}},
                              names({"column", "kind", "type", "label", "required", "writable", "personal", "filter", "search", "unique"}));
  const Value view = object({{"view", text_type()}, {"type", one_of({"list", "board", "calendar", "map", "timeline", "sheet", "chart"})}, {"name", text_type()}, {"columns", list_of(text_type())},
                             {"where", list_of(map())}, {"page", text_type("uri-reference")}, {"rows", text_type("uri-reference")}}, names({"view", "type", "name", "columns", "where", "page"}));
  out.set("Problem", object({{"type", text_type("uri-reference")}, {"title", text_type()}, {"status", whole_number()}, {"detail", text_type()}, {"instance", text_type()},
                             {"errors", list_of(fault_schema())}}, names({"type", "title", "status"})));
  out.set("Register", brief);
  out.set("Definition", Value::object({{"allOf", Value(Value::Array{ref_to("schemas/Register"), object({{"title", text_type()}, {"columns", list_of(column)}, {"views", list_of(view)}, {"workflow", map()},
                                                                    {"schema", map()}}, names({"columns", "views", "schema"}))})}}));
  const Value change = object({{"column", text_type()}, {"before", Value::object()}, {"after", Value::object()}}, names({"column", "before", "after"}));
  const Value entry = object({{"sequence", whole_number()}, {"at", text_type("date-time")}, {"action", text_type()}, {"by", text_type()}, {"reason", text_type()}, {"comment", text_type()},
                              {"state", text_type()}, {"changes", list_of(change)}}, names({"sequence", "at", "action", "by", "changes"}));
  out.set("History", object({{"number", text_type()}, {"revision", whole_number()}, {"history", list_of(entry)}}, names({"number", "revision", "history"})));
  out.set("Counts", object({{"by", text_type()}, {"counts", list_of(object({{"value", Value::object({{"type", names({"string", "null"})}})}, {"label", text_type()}, {"rows", whole_number()}},
                                                                            names({"value", "label", "rows"})))}, {"indexing", indexing()}}, names({"by", "counts"})));
  out.set("BulkDone", object({{"done", Value::object({{"const", true}})}, {"rows", whole_number()}, {"batch", text_type()}, {"undo", text_type("uri-reference")}}, names({"done", "rows", "batch", "undo"})));
  return out;
}

Value row_schema(const Web& web, const Register& reg, const identity::Principal& who, std::string_view lang) {
  Value properties = Value::object({{"number", text_type()}, {"revision", whole_number()}, {"created", text_type("date-time")}, {"changed", text_type("date-time")}, {"self", text_type("uri-reference")},
                                    {"values", answered_schema(web, reg, who, lang)}, {"titles", Value::object({{"type", "object"}, {"additionalProperties", text_type()}})}});
  Value required = names({"number", "revision", "created", "changed", "self", "values"});
  if (!reg.workflow.empty()) {
    properties.set("state", text_type()).set("ended", flag());
    properties.set("actions", list_of(object({{"action", text_type()}, {"name", text_type()}, {"needs_reason", flag()}, {"href", text_type("uri-reference")}}, names({"action", "name", "needs_reason", "href"}))));
    required.push("state").push("ended");
  }
  return Value::object({{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}, {"additionalProperties", false}});
}

/// The parts of one register's paths.
class Paths {
 public:
  Paths(const Web& web, const Register& reg, const identity::Principal& who, std::string_view lang) : web_(web), reg_(reg), who_(who), lang_(lang) {}

  void add_to(Value& paths, Value& schemas) const {
    schemas.set(reg_.id + "-row", row_schema(web_, reg_, who_, lang_));
    schemas.set(reg_.id + "-rows", object({{"rows", list_of(row())}, {"total", whole_number()}, {"total_is_exact", flag()}, {"more", flag()}, {"after", text_type()}, {"next", text_type("uri-reference")},
                                           {"indexing", indexing()}},
                                          names({"rows", "total", "total_is_exact", "more"})));
    const bool adds = web_.registers.may_add(reg_, who_);
    const Value patch = sent_schema(web_, reg_, who_, lang_, Sent::patch);
    const bool changes = adds && patch["properties"].size() > 0;
    Value rows = Value::object({{"get", reading("rows", asked(), ref_to("schemas/" + reg_.id + "-rows"))}});
    if (adds) {
      schemas.set(reg_.id + "-new", sent_schema(web_, reg_, who_, lang_, Sent::whole));
      rows.set("post", writing("add", {key()}, values_body("-new"), {{"201", "Added and durable"}, {"200", "Added before with this Idempotency-Key"}}, row(), {"422"}));
    }
    Value one = Value::object({{"get", reading("row", Value::array(), row())}});
    if (changes) {
      schemas.set(reg_.id + "-patch", patch);
      schemas.set(reg_.id + "-conflict", conflict());
      Value patching = writing("change", {seen()}, values_body("-patch"), {{"200", "Changed; what others changed in other columns is kept"}}, row(), {"412", "422", "428"});
      patching.find("responses")->set("409", Value::object({{"description", "The same columns were changed meanwhile; nothing was written"}, {"content", content(ref_to("schemas/" + reg_.id + "-conflict"), "application/problem+json")}}));
      one.set("patch", std::move(patching));
    }
    paths.set(api_path(reg_, "/rows"), std::move(rows));
    paths.set(api_path(reg_, "/search"), Value::object({{"post", writing("search", {}, search_body(), {{"200", "The rows"}}, ref_to("schemas/" + reg_.id + "-rows"), {"422"})}}));
    paths.set(api_path(reg_, "/rows/{number}"), with_number(std::move(one)));
    paths.set(api_path(reg_, "/rows/{number}/history"), with_number(Value::object({{"get", reading("history", Value::array(), ref_to("schemas/History"))}})));
    if (adds)
      paths.set(api_path(reg_, "/rows/{number}/comments"),
                with_number(Value::object({{"post", writing("comment", {}, object({{"comment", text_type()}}, names({"comment"})), {{"201", "Said"}}, row(), {"422"})}})));
    counting(paths);
    acting(paths);
    bulk(paths, patch);
  }

 private:
  Value row() const { return ref_to("schemas/" + reg_.id + "-row"); }
  static Value seen() { return parameter("If-Match", "header", true, Value::object({{"type", "string"}, {"pattern", "^\"[0-9]+\"$"}}), "the ETag of the row as it was seen"); }
  static Value key() {
    return parameter("Idempotency-Key", "header", false, Value::object({{"type", "string"}, {"minLength", 1}, {"maxLength", 200}}),
                     "for 30 days the same key with the same body gives the first row; with another body 422 and the code idempotency-key-reused");
  }
  Value values_body(const char* which) const { return object({{"values", ref_to("schemas/" + reg_.id + which)}, {"reason", text_type()}}, names({"values"})); }
  Value with_number(Value item) const { return std::move(item.set("parameters", Value(Value::Array{parameter("number", "path", true, text_type(), "number of the row")}))); }

  Value reading(const char* id, Value parameters, Value schema) const {
    Value out = Value::object({{"operationId", reg_.id + "-" + id}, {"summary", reg_.name.in(lang_)}});
    Value responses = Value::object({{"200", answer("The answer", std::move(schema))}});
    for (const char* status : {"401", "403", "404"}) responses.set(status, problem());
    if (parameters.size() > 0) out.set("parameters", std::move(parameters)), responses.set("422", problem());
    return std::move(out.set("responses", std::move(responses)));
  }
  Value writing(const char* id, Value::Array parameters, Value body, std::vector<std::pair<const char*, const char*>> good, const Value& schema, const std::vector<const char*>& faults) const {
    Value out = Value::object({{"operationId", reg_.id + "-" + id}, {"summary", reg_.name.in(lang_)}}), responses = Value::object();
    if (!parameters.empty()) out.set("parameters", Value(std::move(parameters)));
    if (!body.is_null()) out.set("requestBody", Value::object({{"required", true}, {"content", content(std::move(body))}}));
    for (const auto& [status, what] : good) responses.set(status, answer(what, schema));
    for (const char* status : {"400", "401", "403", "404", "409", "415"}) responses.set(status, problem());
    for (const char* status : faults) responses.set(status, problem());
    return std::move(out.set("responses", std::move(responses)));
  }

  /// The members of a search: name, schema.
  std::vector<std::pair<std::string, Value>> questions() const {
    std::vector<std::pair<std::string, Value>> out;
    std::vector<std::string> views, sorts, states;
    for (const View* view : views_of(web_, reg_, who_)) views.push_back(view->id);
    bool searched = false;
    for (const Column* column : readable(web_, reg_, {}, who_)) {
      searched = searched || column->search;
      if (!column->filter || column->personal) continue;
      if (column->type != interview::AnswerType::choices)
        for (const char* sign : {"", "-"}) sorts.push_back(sign + column->name);
      out.emplace_back("f." + column->name, text_type());
      if (is_date(*column) || is_number(*column)) out.emplace_back("from." + column->name, text_type()), out.emplace_back("to." + column->name, text_type());
    }
    const auto city = web_.city();
    if (const cases::Workflow* workflow = workflow_of(city.get(), reg_)) {
      for (const cases::State& s : workflow->states) states.push_back(s.id);
      out.emplace_back("f.state", one_of(states));
    }
    out.emplace_back("view", one_of(views));
    if (searched) out.emplace_back("q", text_type());
    if (!sorts.empty()) out.emplace_back("sort", one_of(sorts));
    out.emplace_back("after", text_type());
    out.emplace_back("limit", Value::object({{"type", "integer"}, {"minimum", 1}, {"maximum", kMaxPage}, {"default", kUsualPage}}));
    return out;
  }
  Value asked() const {
    Value out = Value::array();
    for (auto& [name, schema] : questions())
      if (name != "q" || !searches_people(reg_)) out.push(Value::object({{"name", name}, {"in", "query"}, {"required", false}, {"schema", std::move(schema)}}));
    return out;
  }
  Value search_body() const {
    Value properties = Value::object();
    for (auto& [name, schema] : questions()) properties.set(name, std::move(schema));
    return Value::object({{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}});
  }
  Value conflict() const {
    const Value any = Value::object();
    Value one = object({{"pointer", text_type("json-pointer")}, {"column", text_type()}, {"before", any}, {"theirs", any}, {"mine", any}, {"who", text_type()}, {"when", text_type("date-time")}},
                       names({"pointer", "column", "before", "theirs", "mine", "who", "when"}));
    return Value::object({{"allOf", Value(Value::Array{ref_to("schemas/Problem"), object({{"conflicts", list_of(std::move(one))}, {"row", row()}}, names({}))})}});
  }
  void counting(Value& paths) const {
    std::vector<std::string> by;
    for (const Column* column : readable(web_, reg_, {}, who_))
      if (column->filter && !column->personal) by.push_back(column->name);
    if (!reg_.workflow.empty()) by.push_back("state");
    if (by.empty()) return;
    Value parameters = asked();
    parameters.push(Value::object({{"name", "by"}, {"in", "query"}, {"required", true}, {"schema", one_of(by)}}));
    paths.set(api_path(reg_, "/counts"), Value::object({{"get", reading("counts", std::move(parameters), ref_to("schemas/Counts"))}}));
  }
  void acting(Value& paths) const {
    const auto city = web_.city();
    for (const cases::Action* action : actions_for(web_, city.get(), reg_, who_)) {
      const bool needed = action->needs_reason || action->needs_note;
      Value operation = writing(("act-" + action->id).c_str(), {seen()}, object({{"reason", text_type()}}, needed ? names({"reason"}) : Value::array()), {{"200", "Done"}}, row(), {"412", "422", "428"});
      operation.set("summary", action->name.in(lang_));
      paths.set(api_path(reg_, "/rows/{number}/actions/" + action->id), with_number(Value::object({{"post", std::move(operation)}})));
    }
  }
  void bulk(Value& paths, const Value& patch) const {
    const bool bulk = web_.registers.may_bulk(reg_, who_);
    if (bulk) {
      Value sample = object({{"row", row()}, {"errors", list_of(fault_schema())}}, names({"row"}));
      Value plan = object({{"done", Value::object({{"const", false}})}, {"rows", whole_number()}, {"faulty", whole_number()}, {"sample", list_of(std::move(sample))}}, names({"done", "rows", "faulty", "sample"}));
      Value body = object({{"query", search_body()}, {"values", patch}, {"reason", text_type()}, {"expected", whole_number()}}, names({"query", "values"}));
      paths.set(api_path(reg_, "/rows/bulk"),
                Value::object({{"post", writing("bulk", {}, std::move(body), {{"200", "What would be done; with `expected` rows: done, all of it or nothing"}},
                                                Value::object({{"oneOf", Value(Value::Array{std::move(plan), ref_to("schemas/BulkDone")})}}), {"422"})}}));
    }
    if (!bulk && !web_.registers.may_import(reg_, who_)) return;
    Value undo = writing("undo", {parameter("batch", "path", true, text_type(), "of a bulk edit or an import")}, Value(), {{"200", "Undone"}}, object({{"rows", whole_number()}}, names({"rows"})), {});
    paths.set(api_path(reg_, "/bulk/{batch}/undo"), Value::object({{"post", std::move(undo)}}));
  }

  const Web& web_;
  const Register& reg_;
  const identity::Principal& who_;
  std::string_view lang_;
};

}  // namespace

Value openapi_of(const Web& web, const identity::Principal& who, std::string_view lang) {
  Value schemas = shared_schemas(), paths = Value::object();
  paths.set(std::string(kApi), Value::object({{"get", Value::object({{"operationId", "registers"}, {"summary", "The registers that the caller may read"},
                                              {"responses", Value::object({{"200", answer("The list", object({{"registers", list_of(ref_to("schemas/Register"))}}, names({"registers"})))}, {"401", problem()}, {"403", problem()}})}})}}));
  Value id = Value(Value::Array{parameter("register", "path", true, text_type(), "id of a register")});
  paths.set(std::string(kApi) + "/{register}", Value::object({{"parameters", std::move(id)}, {"get", Value::object({{"operationId", "register"}, {"summary", "Columns, views, states and rights of one register"},
                                              {"responses", Value::object({{"200", answer("The definition", ref_to("schemas/Definition"))}, {"401", problem()}, {"403", problem()}, {"404", problem()}})}})}}));
  for (const auto& reg : web.registers.all(who)) Paths(web, *reg, who, lang).add_to(paths, schemas);
  Value security = Value::object({{"client", Value::object({{"type", "http"}, {"scheme", "bearer"}})}, {"session", Value::object({{"type", "apiKey"}, {"in", "cookie"}, {"name", "session"}})},
                                  {"csrf", Value::object({{"type", "apiKey"}, {"in", "header"}, {"name", "X-CSRF-Token"}})}});
  Value responses = Value::object({{"Problem", Value::object({{"description", "RFC 9457"}, {"content", content(ref_to("schemas/Problem"), "application/problem+json")}})}});
  Value ways = Value(Value::Array{Value::object({{"client", Value::array()}}), Value::object({{"session", Value::array()}, {"csrf", Value::array()}})});
  return Value::object({{"openapi", "3.1.0"}, {"info", Value::object({{"title", "Machiya registers"}, {"version", "1"}, {"license", Value::object({{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}})}})},
                        {"servers", Value(Value::Array{Value::object({{"url", web.base_url.empty() ? std::string("/") : web.base_url}})})}, {"security", std::move(ways)}, {"paths", std::move(paths)},
                        {"components", Value::object({{"schemas", std::move(schemas)}, {"securitySchemes", std::move(security)}, {"responses", std::move(responses)}})}});
}

void add_api_document_routes(http::Router& router, const Web& web) {
  router.get(std::string(kApi) + "/openapi.json", without_rows(api_reading()).on("none"), api_handler(web, [](const Web& w, http::Request& r) { return http::json(openapi_of(w, identity::principal_of(r), staff_language(r))); }));
}

}  // namespace machiya::registers::detail
