// What lies in a city folder: which file is a definition of which kind, and what does not belong there.
#pragma once
#include <string>
#include <vector>

#include "city/city.h"

namespace machiya::city {

/// One definition file, not yet read.
struct DefinitionFile {
  std::string path;        ///< relative to the city folder
  int kind = -1;           ///< index into the list of kinds
  std::size_t room = SIZE_MAX;   ///< index into FolderList::rooms; SIZE_MAX outside rooms
};
struct FieldFolder {
  std::string folder;      ///< "01-life"
  bool has_file = false;   ///< field.yaml is there
};
struct RoomFolder {
  std::string field;       ///< "01-life"
  std::string folder;      ///< "01-life/online-procedures"
};
struct FolderList {
  std::vector<FieldFolder> fields;
  std::vector<RoomFolder> rooms;
  std::vector<DefinitionFile> definitions;   ///< by path
  std::vector<std::string> blocks;
  std::vector<Fault> faults;
};
/// Walks three levels of the folder in the order of names. Never throws.
FolderList list_folder(const std::string& folder, const std::vector<Kind>& kinds);

/// The whole file; nothing when it cannot be read (the fault says so).
bool read_text_file(const std::string& path, std::string& out);

}  // namespace machiya::city
