// OpenAPI 3.1 out of the definitions in force.
#include "ask/apply/apply.h"
#include "ask/apply/openapi_parts.h"

namespace machiya::apply {
namespace {

using json::Value;
using namespace openapi;

Value languages() { return Value::object({{"type", "string"}, {"enum", names({"ja", "ja-easy", "en", "zh-Hans", "ko", "vi"})}}); }

Value schemas() {
  Value out = Value::object();

  out.set("Problem", object({{"type", text_type("uri-reference")}, {"title", text_type()}, {"status", Value::object({{"type", "integer"}})}, {"detail", text_type()}, {"instance", text_type()},
                             {"errors", Value::object({{"type", "array"}, {"items", ref_to("schemas/FieldError")}})}}, names({"type", "title", "status"})));
  out.set("FieldError", object({{"pointer", text_type("json-pointer")}, {"code", text_type()}, {"message", text_type()}}, names({"pointer", "code", "message"})));
  out.set("ProcedureRow", object({{"id", text_type()}, {"version", Value::object({{"type", "integer"}})}, {"kind", Value::object({{"enum", names({"application", "notification", "certificate", "report", "self-check"})}})},
                                  {"name", text_type()}, {"summary", text_type()}, {"assurance", Value::object({{"enum", names({"none", "contact", "verified"})}})},
                                  {"signature", Value::object({{"enum", names({"none", "asked", "required"})}, {"description", "whether an application is signed electronically with the national card"}})}, {"owner", text_type()},
                                  {"page", text_type("uri-reference")}, {"self", text_type("uri-reference")}, {"applications", text_type("uri-reference")}},
                                 names({"id", "version", "kind", "name", "summary", "assurance", "signature", "owner", "page", "self", "applications"})));
  out.set("Receipt", object({{"number", text_type()}, {"state", text_type()}, {"received", text_type("date-time")}, {"fee", Value::object({{"type", "integer"}, {"description", "whole yen"}})},
                             {"repeated", Value::object({{"type", "boolean"}})}, {"self", text_type("uri-reference")}}, names({"number", "state", "received", "fee", "repeated", "self"})));
  out.set("File", object({{"blob", text_type()}, {"filename", text_type()}, {"type", text_type()}, {"bytes", Value::object({{"type", "integer"}})}}, names({"blob", "filename", "type", "bytes"})));
  const Value when = text_type("date-time");
  Value own = object({{"number", text_type()}, {"procedure", text_type()}, {"version", Value::object({{"type", "integer"}})}, {"state", text_type()}, {"outcome", text_type()}, {"received", when},
                      {"due", Value::object({{"type", names({"string", "null"})}, {"format", "date-time"}})}, {"fee", Value::object({{"type", "integer"}})},
                      {"asked", Value::object({{"type", "array"}, {"items", text_type()}, {"description", "questions that an open correction asks for"}})},
                      {"timeline", Value::object({{"type", "array"}, {"items", object({{"at", when}, {"state", text_type()}, {"text", text_type()}, {"reason", text_type()}}, names({"at", "state", "text"}))}})},
                      {"answers", Value::object({{"type", "object"}})}}, names({"number", "procedure", "version", "state", "received", "fee", "timeline", "answers"}));
  Value status = object({{"number", text_type()}, {"title", text_type()}, {"state_text", text_type()}, {"received", when}, {"changed", when}}, names({"number", "title", "state_text", "received", "changed"}));
  out.set("OwnApplication", std::move(own));
  out.set("ApplicationStatus", std::move(status));
  Value question = object({{"name", text_type()}, {"type", text_type()}, {"label", text_type()}, {"required", Value::object({{"type", "boolean"}})}, {"hint", text_type()}, {"text", text_type()},
                           {"when", text_type()}, {"unit", text_type()}, {"options", Value::object({{"type", "array"}, {"items", object({{"value", text_type()}, {"label", text_type()}}, names({"value", "label"}))}})},
                           {"schema", Value::object({{"type", "object"}})}}, names({"name", "type", "label", "required"}));
  Value page = object({{"page", text_type()}, {"title", text_type()}, {"when", text_type()},
                       {"repeat", object({{"name", text_type()}, {"min", Value::object({{"type", "integer"}})}, {"max", Value::object({{"type", "integer"}})}, {"item", text_type()}}, names({"name", "min", "max", "item"}))},
                       {"questions", Value::object({{"type", "array"}, {"items", ref_to("schemas/Question")}})}}, names({"page", "title", "questions"}));
  out.set("Question", std::move(question));
  out.set("Page", std::move(page));
  Value whole = Value::object({{"allOf", Value(Value::Array{ref_to("schemas/ProcedureRow"), object({{"law", text_type()}, {"target", text_type()}, {"fee_note", text_type()}, {"after", text_type()},
                                  {"pages", Value::object({{"type", "array"}, {"items", ref_to("schemas/Page")}})}, {"schema", Value::object({{"type", "object"}})}}, names({"pages", "schema"}))})}});
  out.set("Procedure", std::move(whole));
  return out;
}

Value get(const char* id, const char* summary, Value parameters, Value responses) {
  Value operation = Value::object({{"operationId", id}, {"summary", summary}});
  if (parameters.size() > 0) operation.set("parameters", std::move(parameters));
  operation.set("responses", std::move(responses));
  return Value::object({{"get", std::move(operation)}});
}

Value idempotency() {
  return parameter("Idempotency-Key", "header", true, Value::object({{"type", "string"}, {"minLength", 1}, {"maxLength", 200}}), "the same key with the same body gives the first receipt; with another body 422 and the code idempotency-key-reused");
}

Value application_body(const interview::Procedure& procedure) {
  return object({{"answers", ref_to("schemas/" + procedure.id + "-answers")}, {"lang", languages()}, {"applicant", object({{"email", text_type("email")}}, names({"email"}))}}, names({"answers"}));
}

/// Who may apply, as OpenAPI says it.
Value security_of(const interview::Procedure& procedure) {
  Value out = Value::array();
  if (procedure.assurance == "none") out.push(Value::object());
  if (procedure.assurance != "verified") out.push(Value::object({{"client", names({"applications"})}}));
  out.push(Value::object({{"session", Value::array()}, {"csrf", Value::array()}}));
  return out;
}

/// What is to be signed of a request, for procedures that take signatures.
Value document_path(const interview::Procedure& procedure, std::string_view lang) {
  Value responses = Value::object({{"200", answer("The document to sign, byte by byte the UTF-8 of this string", object({{"document", text_type()}}, names({"document"})))}, {"422", problem()}, {"400", problem()}, {"401", problem()},
                                   {"403", problem()}, {"429", problem()}});
  return Value::object({{"post", Value::object({{"operationId", "document-" + procedure.id}, {"summary", procedure.name.in(lang)}, {"security", security_of(procedure)}, {"parameters", Value(Value::Array{idempotency()})},
                                                {"requestBody", Value::object({{"required", true}, {"content", content(application_body(procedure))}})}, {"responses", std::move(responses)}})}});
}

Value application_path(const interview::Procedure& procedure, std::string_view lang) {
  Value body = application_body(procedure);
  if (procedure.signing != interview::Signing::none) {
    Value signature = object({{"document", text_type()}, {"cms", Value::object({{"type", "string"}, {"contentEncoding", "base64url"}, {"description", "detached CMS signature of the document (DER), without padding"}})}}, names({"document", "cms"}));
    body.find("properties")->set("signature", std::move(signature));
    if (procedure.signing == interview::Signing::required) body.find("required")->push("signature");
  }
  Value responses = Value::object({{"201", answer("Received and durable", ref_to("schemas/Receipt"))}, {"200", answer("Received before with this Idempotency-Key", ref_to("schemas/Receipt"))},
                                   {"422", problem()}, {"400", problem()}, {"401", problem()}, {"403", problem()}, {"429", problem()}});
  return Value::object({{"post", Value::object({{"operationId", "apply-" + procedure.id}, {"summary", procedure.name.in(lang)}, {"security", security_of(procedure)}, {"parameters", Value(Value::Array{idempotency()})},
                                                {"requestBody", Value::object({{"required", true}, {"content", content(std::move(body))}})}, {"responses", std::move(responses)}})}});
}

}  // namespace

Value openapi_document(const std::vector<std::shared_ptr<const interview::Procedure>>& procedures, const std::string& base_url, std::string_view lang) {
  Value components = schemas(), paths = Value::object();
  const Value in_lang = parameter("lang", "query", false, languages(), "language of the texts");
  const Value id = parameter("id", "path", true, text_type(), "id of a procedure");
  const Value number = parameter("number", "path", true, text_type(), "receipt number");
  paths.set("/api/v1/procedures", get("procedures", "Every open procedure", Value(Value::Array{in_lang}),
                                      Value::object({{"200", answer("The list", object({{"procedures", Value::object({{"type", "array"}, {"items", ref_to("schemas/ProcedureRow")}})}}, names({"procedures"})))}})));
  paths.set("/api/v1/procedures/{id}", get("procedure", "Questions, types, options and texts of one procedure", Value(Value::Array{id, in_lang}),
                                           Value::object({{"200", answer("The procedure", ref_to("schemas/Procedure"))}, {"404", problem()}})));
  for (const auto& procedure : procedures) {
    components.set(procedure->id + "-answers", interview::answers_schema(*procedure, lang));
    paths.set("/api/v1/procedures/" + procedure->id + "/applications", application_path(*procedure, lang));
    if (procedure->signing != interview::Signing::none) paths.set("/api/v1/procedures/" + procedure->id + "/document", document_path(*procedure, lang));
  }
  paths.set("/api/v1/applications/{number}", get("application", "How an application stands", Value(Value::Array{number, in_lang}),
                                                 Value::object({{"200", answer("The applicant's own, or its status", Value::object({{"oneOf", Value(Value::Array{ref_to("schemas/OwnApplication"), ref_to("schemas/ApplicationStatus")})}}))},
                                                                {"401", problem()}, {"404", problem()}})));
  const Value code = parameter("code", "path", true, text_type(), "postal code");
  paths.set("/api/v1/towns/{code}", get("towns", "Towns of a postal code", Value(Value::Array{code}),
                                        Value::object({{"200", answer("The towns", object({{"towns", Value::object({{"type", "array"}, {"items", Value::object({{"type", "object"}})}})}}, names({"towns"})))}})));
  Value upload = Value::object({{"operationId", "file"}, {"summary", "Stores a photo or file; its answer goes into the list of a photo or file question"},
                                {"requestBody", Value::object({{"required", true}, {"content", content(object({{"file", Value::object({{"type", "string"}, {"contentMediaType", "application/octet-stream"}})}}, names({"file"})), "multipart/form-data")}})},
                                {"responses", Value::object({{"201", answer("Stored", ref_to("schemas/File"))}, {"413", problem()}, {"415", problem()}, {"429", problem()}})}});
  paths.set("/api/v1/files", Value::object({{"post", std::move(upload)}}));
  Value security = Value::object({{"client", Value::object({{"type", "http"}, {"scheme", "bearer"}})}, {"session", Value::object({{"type", "apiKey"}, {"in", "cookie"}, {"name", "session"}})},
                                  {"csrf", Value::object({{"type", "apiKey"}, {"in", "header"}, {"name", "X-CSRF-Token"}})}});
  Value responses = Value::object({{"Problem", Value::object({{"description", "RFC 9457"}, {"content", content(ref_to("schemas/Problem"), "application/problem+json")}})}});
  return Value::object({{"openapi", "3.1.0"}, {"info", Value::object({{"title", "Machiya procedures"}, {"version", "1"}, {"license", Value::object({{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}})}})},
                        {"servers", Value(Value::Array{Value::object({{"url", base_url.empty() ? std::string("/") : base_url}})})}, {"paths", std::move(paths)},
                        {"components", Value::object({{"schemas", std::move(components)}, {"securitySchemes", std::move(security)}, {"responses", std::move(responses)}})}});
}

}  // namespace machiya::apply
