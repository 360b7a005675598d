/// The source of a virtual tree.
///
/// Everything is named by IDs and not by paths: what an ID names never changes, so answers are cached without limit and
/// one content is fetched once, however many paths have it. What a provider can do beyond these three functions it says
/// by conforming to further protocols, such as `SizeProvider` and `ContentVerifier`.
///
/// **Calls.** All of them may come concurrently, from any thread, in any order, and more than once for the same ID. A call
/// whose caller has gone is cancelled as a Swift task is. A provider that answers without suspending is served on the
/// thread of the request, with no hop. It may block for as long as a local disk takes; anything longer belongs on a thread
/// of its own, awaited.
///
/// **Failures.** Throw a `ProviderError`; whatever else is thrown counts as `ProviderError.unavailable`. Nothing of a call
/// that failed is kept, and the next reader asks again.
public protocol ContentProvider: Sendable {
  /// The root of the projection.
  func root() async throws -> DirectoryID

  /// All entries of a directory, in any order.
  func list(_ directory: DirectoryID) async throws -> DirectoryListing

  /// Writes all of a content's bytes into `sink`, in order. Errors that the sink throws are to be passed on.
  func fetch(_ content: ContentID, into sink: inout ContentSink) async throws
}
