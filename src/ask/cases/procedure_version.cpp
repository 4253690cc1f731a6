#include "ask/cases/procedure_version.h"

#include "ask/interview/procedure.h"
#include "platform/vault/vault.h"

namespace machiya::cases {

Result<std::optional<ProcedureVersion>> version_in_force(const DefinitionSource& source, std::string_view procedure) {
  auto text = source.find("procedure", procedure);
  if (!text) return std::optional<ProcedureVersion>();
  ProcedureVersion out;
  MACHIYA_TRY(out.body, json::parse(*text->canonical));
  out.hash = text->hash, out.text = std::move(*text);
  json::Value all = json::Value::object();
  for (const std::string& id : source.ids("decision"))
    if (const auto decision = source.find("decision", id)) {
      MACHIYA_TRY(json::Value body, json::parse(*decision->canonical));
      all.set(id, std::move(body));
    }
  std::string whole = out.text.hash;
  for (const std::string& id : interview::decisions_of(out.body, all))
    if (auto decision = source.find("decision", id)) {
      whole += "\n" + id + " " + decision->hash;
      out.decisions.push_back(std::move(*decision));
    }
  if (!out.decisions.empty()) out.hash = vault::sha256_hex(whole);
  return std::optional<ProcedureVersion>(std::move(out));
}

}  // namespace machiya::cases
