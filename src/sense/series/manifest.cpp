#include "sense/series/manifest.h"

#include <sstream>

#include "sense/series/bits.h"

namespace machiya::sense::series {

std::string write_manifest(const Manifest& m) {
  std::ostringstream out;
  out << "machiya series 1\nlog " << m.flushed << "\nnames " << m.catalogue_bytes << "\nnext " << m.next_file << "\n";
  for (const auto& [id, f] : m.floors) out << "floor " << id << ' ' << f.raw << ' ' << f.hours << ' ' << f.days << "\n";
  for (const auto& s : m.segments) out << "segment " << s.day << ' ' << (s.whole ? "whole" : "part") << ' ' << s.file << "\n";
  std::string text = out.str();
  return text + "sum " + std::to_string(crc32c(text)) + "\n";
}

Result<Manifest> read_manifest(std::string_view text) {
  const Error broken(ErrorCode::integrity_broken, "the manifest of a store of series is damaged");
  const std::size_t end = text.rfind("sum ");
  if (end == std::string_view::npos || text.substr(end) != "sum " + std::to_string(crc32c(text.substr(0, end))) + "\n") return broken;
  std::istringstream lines{std::string(text.substr(0, end))};
  std::string line, word;
  std::getline(lines, line);
  if (line != "machiya series 1") return Error(ErrorCode::integrity_broken, "a store of series of another format");
  Manifest m;
  while (std::getline(lines, line)) {
    std::istringstream in(line);
    in >> word;
    if (word == "log") in >> m.flushed;
    else if (word == "names") in >> m.catalogue_bytes;
    else if (word == "next") in >> m.next_file;
    else if (word == "floor") {
      MeasurementId id = 0;
      in >> id;
      Floors& f = m.floors[id];
      in >> f.raw >> f.hours >> f.days;
    } else if (word == "segment") {
      Manifest::SegmentLine s;
      std::string kind;
      in >> s.day >> kind >> s.file;
      s.whole = kind == "whole";
      m.segments.push_back(std::move(s));
    }
    if (in.fail()) return broken;
  }
  return m;
}

}  // namespace machiya::sense::series
