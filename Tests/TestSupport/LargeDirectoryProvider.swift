package import Provider
internal import Synchronization

/// A provider of one directory, `many`, with any number of files, which are made up when they are asked for.
package final class LargeDirectoryProvider: SizeProvider, PagedListingProvider {
  /// How many files there are.
  package let count: Int
  /// How many a page has.
  package let pageSize: Int
  private let pages = Atomic<Int>(0)
  private let names = Atomic<Int>(0)

  package init(count: Int, pageSize: Int = 1000) {
    self.count = count
    self.pageSize = pageSize
  }

  /// How many pages were asked for.
  package var pagesAsked: Int { pages.load(ordering: .relaxed) }
  /// How many names were asked for.
  package var namesAsked: Int { names.load(ordering: .relaxed) }

  /// The name of a file.
  package static func name(_ number: Int) -> String {
    let digits = String(number)
    return "file-" + String(repeating: "0", count: max(0, 7 - digits.count)) + digits
  }

  private static func id(_ number: Int) -> [UInt8] {
    // As long as a git object's.
    withUnsafeBytes(of: UInt64(number).littleEndian) { Array($0) } + [UInt8](repeating: 0, count: 12)
  }

  private func number(of name: [UInt8]) -> Int? {
    let text = String(decoding: name, as: UTF8.self)
    guard text.hasPrefix("file-"), let number = Int(text.dropFirst(5)), (0..<count).contains(number),
      Self.name(number) == text
    else { return nil }
    return number
  }

  package func root() async throws -> DirectoryID { "root" }

  package func entry(named name: [UInt8], in directory: DirectoryID) async throws -> DirectoryEntry? {
    names.add(1, ordering: .relaxed)
    if directory == "root" { return name == Array("many".utf8) ? .directory("many", id: "many") : nil }
    return number(of: name).map { .file(Self.name($0), content: ContentID(Self.id($0)), size: 8) }
  }

  package func page(of directory: DirectoryID, from cursor: ListingCursor?) async throws -> ListingPage {
    var entries = DirectoryListing()
    if directory == "root" {
      entries.appendDirectory("many", id: "many")
      return ListingPage(entries: entries, next: nil)
    }
    pages.add(1, ordering: .relaxed)
    let start = cursor.flatMap { Int(String(decoding: $0.bytes, as: UTF8.self)) } ?? 0
    let end = min(count, start + pageSize)
    for number in start..<end { entries.appendFile(Self.name(number), content: ContentID(Self.id(number)), size: 8) }
    return ListingPage(entries: entries, next: end < count ? ListingCursor(String(end).utf8) : nil)
  }

  package func sizes(of contents: [ContentID]) async throws -> [Int64] { contents.map { _ in 8 } }

  package func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
    try sink.write(Array(content.bytes.prefix(8)))
  }
}
