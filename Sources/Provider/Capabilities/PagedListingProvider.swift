/// Where a listing by pages goes on: the provider's own words, opaque to everybody else.
public struct ListingCursor: Sendable, Hashable {
  /// What the provider wrote into it.
  public let bytes: [UInt8]

  /// A cursor of any bytes.
  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
}

/// A part of a directory's entries.
public struct ListingPage: Sendable {
  /// The entries: each name after those of the pages before, by the bytes of the names.
  public var entries: DirectoryListing
  /// Where the next page begins; nil where there is none.
  public var next: ListingCursor?

  /// A page.
  public init(entries: DirectoryListing, next: ListingCursor?) {
    self.entries = entries
    self.next = next
  }
}

/// A provider that lists directories by pages, so that the first entries of a very large one are there at once.
///
/// Its directories are listed by `page` alone. What a directory ID lists never changes, so the pages of one ID fit
/// together whenever they are asked for. A page whose names are not in ascending order, or not after the page before,
/// is a failure of the provider. A page may be empty where another one follows.
public protocol PagedListingProvider: EntryLookupProvider {
  /// The entries of a directory from `cursor` on; from the first one where that is nil.
  func page(of directory: DirectoryID, from cursor: ListingCursor?) async throws -> ListingPage
}

extension PagedListingProvider {
  /// All pages, one after the other.
  public func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    var page = try await page(of: directory, from: nil)
    var all = page.entries
    while let next = page.next {
      page = try await self.page(of: directory, from: next)
      all.append(contentsOf: page.entries)
    }
    return all
  }
}
