/// Where a listing by pages goes on: the provider's own words, opaque to everybody else.
public struct ListingCursor: Sendable, Hashable {
  /// What the provider wrote into it.
  public let bytes: [UInt8]

  /// A cursor of any bytes.
  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
}

/// A part of a directory's entries.
public struct ListingPage: Sendable {
  /// The entries, in any order.
  public var entries: DirectoryListing
  /// Where the next page begins; nil where there is none.
  public var next: ListingCursor?

  /// More pages without a new name are taken for a listing that never ends.
  package static var mostEmptyInARow: Int { 1000 }

  /// A page.
  public init(entries: DirectoryListing, next: ListingCursor?) {
    self.entries = entries
    self.next = next
  }
}

/// A provider that lists directories by pages, so that the first entries of a very large one are there at once.
///
/// Its directories are listed by `page` alone, one page after the other and no further than somebody reads. What a
/// directory ID lists never changes, so the pages of one ID fit together whenever they are asked for, and a page that
/// failed is asked for again. Names may come in any order; one that an earlier page had is left out. A page may be empty
/// where another one follows, but more than 1,000 with nothing new, one after the other, are a failure.
///
/// A page should have a few hundred to a few thousand entries: the first reader waits for one, and each one costs a call.
public protocol PagedListingProvider: EntryLookupProvider {
  /// The entries of a directory from `cursor` on; from the first one where that is nil.
  func page(of directory: DirectoryID, from cursor: ListingCursor?) async throws -> ListingPage
}

extension PagedListingProvider {
  /// All pages, one after the other. Throws `ProviderError.damaged` where they do not end.
  public func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    try await DirectoryListing { cursor in try await page(of: directory, from: cursor) }
  }
}

extension DirectoryListing {
  /// The entries of all pages, one after the other. Throws `ProviderError.damaged` where they do not end.
  package init(pages: (_ cursor: ListingCursor?) async throws -> ListingPage) async throws {
    self.init()
    var cursor: ListingCursor?
    var emptyPages = 0
    repeat {
      let page = try await pages(cursor)
      if let next = page.next, next == cursor { throw ProviderError.damaged("a page of a listing follows itself") }
      append(contentsOf: page.entries)
      cursor = page.next
      emptyPages = page.entries.isEmpty ? emptyPages + 1 : 0
      guard emptyPages <= ListingPage.mostEmptyInARow else { throw ProviderError.damaged("a listing has no end") }
    } while cursor != nil
  }
}
