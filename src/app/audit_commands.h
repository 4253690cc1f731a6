// `machiya audit …`: verify, key, archive, export.
#pragma once
#include "app/arguments.h"

namespace machiya::app {

int audit_verify(const Arguments& arguments);
int audit_key(const Arguments& arguments);
int audit_archive(const Arguments& arguments);
int audit_export(const Arguments& arguments);

}  // namespace machiya::app
