// What is kept on disk about an import beside its file, so that a restart forgets none. No cell of the file is in it.
#pragma once
#include "ask/registers/import_desk.h"

namespace machiya::registers {

std::optional<ImportState> import_state_of(std::string_view name);
void keep_import(const Import& import, const std::string& path);
Result<Import> kept_import(const std::string& path);

}  // namespace machiya::registers
