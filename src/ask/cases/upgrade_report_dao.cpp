#include "ask/cases/upgrade_report_dao.h"

namespace machiya::cases {

Result<std::vector<OpenByDefinition>> open_by_definition(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT type, definition, workflow, rules, version, count(*) FROM record"
                                        " WHERE kind = 'case' AND ended IS NULL"
                                        " GROUP BY type, definition, workflow, rules, version ORDER BY type, version"));
  std::vector<OpenByDefinition> out;
  for (const store::Row& row : rows)
    out.push_back({row.text(0), row.text(1), row.text(2), row.text(3), static_cast<int>(row.integer(4)), row.integer(5)});
  return out;
}

}  // namespace machiya::cases
