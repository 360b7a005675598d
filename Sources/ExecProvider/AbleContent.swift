internal import Provider

/// An `ExecContent` with some of the abilities that not every program has, which a type has or has not.
protocol AbleContent: SizeProvider, ChangingProvider, NonblockingProvider {
  var content: ExecContent { get }
}

extension AbleContent {
  func root() async throws -> DirectoryID { try await content.root() }
  func list(_ directory: DirectoryID) async throws -> DirectoryListing { try await content.list(directory) }
  func fetch(_ id: ContentID, into sink: inout ContentSink) async throws { try await content.fetch(id, into: &sink) }
  func sizes(of contents: [ContentID]) async throws -> [Int64] { try await content.sizes(of: contents) }
  func changes() -> AsyncStream<ProviderChange> { content.changes() }
  func fetch(_ id: ContentID, range: Range<Int64>, into sink: inout ContentSink) async throws {
    try await content.fetch(id, range: range, into: &sink)
  }
  func entry(named name: [UInt8], in directory: DirectoryID) async throws -> DirectoryEntry? {
    try await content.entry(named: name, in: directory)
  }
  func page(of directory: DirectoryID, from cursor: ListingCursor?) async throws -> ListingPage {
    try await content.page(of: directory, from: cursor)
  }
}

struct RangedContent: AbleContent, RangedContentProvider {
  let content: ExecContent
}

struct LookupContent: AbleContent, EntryLookupProvider {
  let content: ExecContent
}

struct PagedContent: AbleContent, PagedListingProvider {
  let content: ExecContent
  // Both the ability and the protocol have one.
  func list(_ directory: DirectoryID) async throws -> DirectoryListing { try await content.list(directory) }
}

struct RangedLookupContent: AbleContent, RangedContentProvider, EntryLookupProvider {
  let content: ExecContent
}

struct RangedPagedContent: AbleContent, RangedContentProvider, PagedListingProvider {
  let content: ExecContent
  func list(_ directory: DirectoryID) async throws -> DirectoryListing { try await content.list(directory) }
}
