#include "platform/worker/document_kind.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <new>

#include <qpdf/Buffer.hh>
#include <qpdf/Pipeline.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFExc.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFPageObjectHelper.hh>
#include <qpdf/QPDFWriter.hh>

namespace machiya::worker {
namespace {
using Handle = QPDFObjectHandle;
constexpr int kMostPages = 2000;
constexpr int kDeepest = 60;             // resources within forms within patterns …
constexpr int kMostObjects = 500'000;
constexpr std::uint64_t kMostUnpacked = std::uint64_t{200} << 20;   // bytes of all streams that are unpacked

struct TooLarge {};   // no std::exception: the library takes those for faults of the stream that it reads

/// What a stream unpacks to, kept as long as all of them together stay within bounds.
class Unpacked final : public Pipeline {
 public:
  explicit Unpacked(std::uint64_t& total) : Pipeline("unpacked", nullptr), total_(total) {}
  void write(const unsigned char* data, std::size_t size) override {
    if ((total_ += size) > kMostUnpacked) throw TooLarge{};
    text_.append(reinterpret_cast<const char*>(data), size);
  }
  void finish() override {}
  std::shared_ptr<Buffer> buffer() const {
    auto out = std::make_shared<Buffer>(text_.size());
    std::copy(text_.begin(), text_.end(), out->getBuffer());
    return out;
  }

 private:
  std::uint64_t& total_;
  std::string text_;
};

/// ISO 32000-1 table 33 without what can name layers (Properties) or run (ProcSet is obsolete, harmless and needless).
constexpr std::array<const char*, 6> kResources = {"/Font", "/XObject", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading"};
/// Keys that lead out of what is drawn: actions, scripts, files, other documents, the tree of pages, layers, private data.
constexpr std::array<const char*, 27> kLeftBehind = {
    "/A", "/AA", "/AF", "/Alternates", "/Annots", "/Dest", "/Dests", "/EF", "/EmbeddedFiles", "/F", "/FDecodeParms", "/FFilter", "/JS", "/JavaScript", "/Launch", "/LastModified",
    "/Metadata", "/Names", "/OC", "/OPI", "/OpenAction", "/Parent", "/PieceInfo", "/Ref", "/StructParent", "/StructParents", "/URI"};

bool is_left_behind(const std::string& key) {
  return std::any_of(kLeftBehind.begin(), kLeftBehind.end(), [&](const char* k) { return key == k; });
}

/// Copies what may be kept from one document into another, each object once.
class Copier {
 public:
  explicit Copier(QPDF& to) : to_(to) {}

  Handle resources(Handle from) {
    Handle out = Handle::newDictionary();
    if (!from.isDictionary()) return out;
    for (const char* kind : kResources)
      if (from.hasKey(kind)) out.replaceKey(kind, copy(from.getKey(kind), 0));
    return out;
  }
  std::uint64_t unpacked = 0;   ///< bytes so far

 private:
  Handle copy(Handle from, int depth) {
    if (depth > kDeepest || ++objects_ > kMostObjects) throw TooLarge{};
    if (from.isIndirect()) {
      const auto known = known_.find(from.getObjGen());
      if (known != known_.end()) return known->second;
    }
    if (from.isStream()) return stream(from, depth);
    if (from.isDictionary()) return dictionary(from, depth);
    if (from.isArray()) {
      Handle out = remember(from, Handle::newArray());
      for (int i = 0; i < from.getArrayNItems(); ++i) out.appendItem(copy(from.getArrayItem(i), depth + 1));
      return out;
    }
    if (from.isScalar()) return from.unparse() == "null" ? Handle::newNull() : Handle::parse(from.unparseResolved());
    return Handle::newNull();
  }
  Handle remember(Handle from, Handle made) {
    if (!from.isIndirect()) return made;
    if (!made.isIndirect()) made = to_.makeIndirectObject(made);
    known_.emplace(from.getObjGen(), made);
    return made;
  }
  /// Of an XObject only pictures and forms are drawn; an old PostScript one would be a program.
  static bool may_draw(Handle from) {
    Handle subtype = from.getKey("/Subtype");
    return !subtype.isName() || (subtype.getName() != "/PS" && subtype.getName() != "/RichMedia" && subtype.getName() != "/3D");
  }
  void entries(Handle from, Handle to, int depth, bool is_stream) {
    for (const std::string& key : from.getKeys()) {
      if (is_left_behind(key)) continue;
      if (is_stream && (key == "/Length" || key == "/Filter" || key == "/DecodeParms" || key == "/DL")) continue;
      to.replaceKey(key, key == "/Resources" ? resources(from.getKey(key)) : copy(from.getKey(key), depth + 1));
    }
  }
  Handle dictionary(Handle from, int depth) {
    Handle out = remember(from, Handle::newDictionary());
    entries(from, out, depth, false);
    return out;
  }
  Handle stream(Handle from, int depth) {
    Handle dict = from.getDict();
    if (dict.hasKey("/F") || !may_draw(dict)) return Handle::newNull();   // its bytes lie in another file, or it runs
    Handle out = Handle::newStream(&to_);
    known_.emplace(from.getObjGen(), out);
    entries(dict, out.getDict(), depth, true);
    // Unpacked and packed anew where that loses nothing; a coded picture keeps its bytes and says how they are coded.
    Unpacked plain(unpacked);
    bool filtered = false;
    const bool ok = from.pipeStreamData(&plain, &filtered, 0, qpdf_dl_generalized, true, false);
    if (!ok) throw std::runtime_error("a stream is broken");
    if (filtered) {
      out.replaceStreamData(plain.buffer(), Handle::newNull(), Handle::newNull());
    } else {
      out.replaceStreamData(from.getRawStreamData(), copy(dict.getKey("/Filter"), depth + 1), copy(dict.getKey("/DecodeParms"), depth + 1));
    }
    return out;
  }

  QPDF& to_;
  std::map<QPDFObjGen, Handle> known_;
  int objects_ = 0;
};

/// Four finite numbers, or A4: a page box is drawn upon, never evaluated.
Handle box(Handle from) {
  std::string text;
  if (from.isArray() && from.getArrayNItems() == 4)
    for (int i = 0; i < 4; ++i)
      if (Handle n = from.getArrayItem(i); n.isNumber()) text += n.unparseResolved() + " ";
      else return Handle::parse("[0 0 595 842]");
  return Handle::parse(text.empty() ? "[0 0 595 842]" : "[" + text + "]");
}

Handle new_page(QPDFPageObjectHelper& page, QPDF& to, Copier& copier) {
  Handle out = Handle::parse("<< /Type /Page >>");
  for (const char* key : {"/MediaBox", "/CropBox"})
    if (Handle found = page.getAttribute(key, false); !found.isNull()) out.replaceKey(key, box(found));
  if (!out.hasKey("/MediaBox")) out.replaceKey("/MediaBox", box(Handle::newNull()));
  if (Handle turn = page.getAttribute("/Rotate", false); turn.isInteger()) out.replaceKey("/Rotate", Handle::newInteger(turn.getIntValue() / 90 % 4 * 90));
  out.replaceKey("/Resources", copier.resources(page.getAttribute("/Resources", false)));
  Unpacked contents(copier.unpacked);
  // Not pipeContents(): the library would hold each part whole before it gives us the first byte.
  for (Handle& part : page.getObjectHandle().getPageContents()) {
    bool filtered = false;
    if (!part.pipeStreamData(&contents, &filtered, 0, qpdf_dl_specialized, true, false) || !filtered) throw std::runtime_error("a stream is broken");
    contents.write(reinterpret_cast<const unsigned char*>("\n"), 1);
  }
  out.replaceKey("/Contents", Handle::newStream(&to, contents.buffer()));
  return to.makeIndirectObject(out);
}

std::string clean(std::string_view content) {
  QPDF from, to;
  from.setSuppressWarnings(true);
  from.processMemoryFile("upload", content.data(), content.size());
  QPDFPageDocumentHelper pages(from);
  // What annotations look like becomes part of the page; hidden ones and those that never print are left out. Their actions go with them.
  pages.flattenAnnotations(0, an_invisible | an_hidden);
  auto all = pages.getAllPages();
  if (all.empty()) throw std::runtime_error("no page");
  if (static_cast<int>(all.size()) > kMostPages) throw TooLarge{};
  to.emptyPDF();
  Copier copier(to);
  QPDFPageDocumentHelper out(to);
  for (QPDFPageObjectHelper& page : all) out.addPage(QPDFPageObjectHelper(new_page(page, to, copier)), false);
  QPDFWriter writer(to);
  writer.setOutputMemory();
  writer.setDeterministicID(true);
  writer.setStreamDataMode(qpdf_s_compress);
  writer.setObjectStreamMode(qpdf_o_disable);
  writer.write();
  const auto buffer = writer.getBufferSharedPointer();
  return std::string(reinterpret_cast<const char*>(buffer->getBuffer()), buffer->getSize());
}
}  // namespace

Result<std::string> clean_document(std::string_view content) {
  try {
    return clean(content);
  } catch (const TooLarge&) {
    return Error(ErrorCode::too_large, "the document has too many pages, objects or bytes");
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const QPDFExc& e) {
    return Error(ErrorCode::invalid_input, e.getErrorCode() == qpdf_e_password ? "the document asks for a password" : "the document is broken");
  } catch (const std::exception&) {
    return Error(ErrorCode::invalid_input, "the document is broken");
  }
}

}  // namespace machiya::worker
