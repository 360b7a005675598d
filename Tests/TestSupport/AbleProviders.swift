package import Provider

/// A provider in memory whose directories a test can look at without asking.
package protocol MemoryProvider: SizeProvider {
  /// The tree behind it.
  var tree: TreeProvider { get }
}

extension TreeProvider: MemoryProvider {
  package var tree: TreeProvider { self }
}

/// A provider that also finds one name without listing.
package struct ByName<Base: MemoryProvider>: ForwardingProvider, MemoryProvider, EntryLookupProvider {
  package let base: Base

  package init(_ base: Base) {
    self.base = base
  }

  package func entry(named name: [UInt8], in directory: DirectoryID) async throws -> DirectoryEntry? {
    try await tree.entry(named: name, in: directory)
  }
}

/// A provider that lists by pages.
package struct Paged<Base: MemoryProvider>: ForwardingProvider, MemoryProvider, PagedListingProvider {
  package let base: Base
  package let pageSize: Int

  package init(_ base: Base, pageSize: Int = 3) {
    self.base = base
    self.pageSize = pageSize
  }

  package func entry(named name: [UInt8], in directory: DirectoryID) async throws -> DirectoryEntry? {
    try await tree.entry(named: name, in: directory)
  }
  package func page(of directory: DirectoryID, from cursor: ListingCursor?) async throws -> ListingPage {
    let number = cursor.flatMap { Int(String(decoding: $0.bytes, as: UTF8.self)) } ?? 0
    try await tree.pass(.page(String(decoding: directory.bytes, as: UTF8.self), number))
    let all = try tree.listing(of: directory)
    var entries = DirectoryListing()
    let start = min(number * pageSize, all.count)
    let end = min(start + pageSize, all.count)
    for index in start..<end { entries.append(at: index, of: all) }
    return ListingPage(entries: entries, next: end < all.count ? ListingCursor("\(number + 1)".utf8) : nil)
  }
}

/// A provider whose names are the same in upper and lower case.
package struct Caseless<Base: MemoryProvider>: ForwardingProvider, MemoryProvider, CaseInsensitiveProvider {
  package let base: Base

  package init(_ base: Base) {
    self.base = base
  }
}

extension Caseless: EntryLookupProvider where Base: EntryLookupProvider {
  package func entry(named name: [UInt8], in directory: DirectoryID) async throws -> DirectoryEntry? {
    try await tree.entry(named: name, in: directory, folding: folded)
  }
}

extension Caseless: PagedListingProvider where Base: PagedListingProvider {
  package func page(of directory: DirectoryID, from cursor: ListingCursor?) async throws -> ListingPage {
    try await base.page(of: directory, from: cursor)
  }
}

extension ByName: ContentVerifier where Base: ContentVerifier {}
extension Paged: ContentVerifier where Base: ContentVerifier {}

extension TreeProvider {
  /// The first entry of a name, as the providers above tell it.
  fileprivate func entry(
    named name: [UInt8], in directory: DirectoryID, folding: ([UInt8]) -> [UInt8] = { $0 }
  ) async throws -> DirectoryEntry? {
    let path = String(decoding: directory.bytes, as: UTF8.self) + "/" + String(decoding: name, as: UTF8.self)
    try await pass(.entry(path))
    let all = try listing(of: directory)
    let wanted = folding(name)
    return (0..<all.count).first { folding(all.name(at: $0)) == wanted }.map { index in
      DirectoryEntry(
        name: all.name(at: index), kind: all.kind(at: index), id: all.content(at: index).bytes,
        permissions: all.permissions(at: index), size: all.size(at: index))
    }
  }
}

/// The same tree, by each way in which a provider can tell of it.
package enum ProviderWay: String, CaseIterable, Sendable {
  case listed, byName, paged

  /// The tree told this way.
  package func provider(_ base: some MemoryProvider) -> any ContentProvider {
    switch self {
    case .listed: base
    case .byName: ByName(base)
    case .paged: Paged(base)
    }
  }
}
