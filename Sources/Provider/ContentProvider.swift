/// The source of a virtual tree.
///
/// Everything is named by IDs and not by paths: what an ID names never changes, so answers are cached without limit and
/// one content is fetched once, however many paths have it. What a provider can do beyond these three functions it says
/// by conforming to further protocols, such as `SizeProvider`, `ContentVerifier` and `ChangingProvider`.
///
/// **Concurrency and order.** All calls may come at the same time, from any thread, in any order: a fetch before the listing
/// that named the content (it may be from an earlier mount), a listing while another one runs. At any moment there is at
/// most one fetch of one content; different contents are fetched beside each other, as many as readers want.
///
/// **Repetition.** The same may be asked any number of times: what was listed is forgotten when the kernel forgets the
/// directory, what was fetched when it is evicted, and everything when another process mounts the source.
///
/// **Threads.** A provider that answers without suspending is served on the thread of the request, with no hop. It may
/// block for as long as a local disk takes; anything longer belongs on a thread of its own, awaited.
///
/// **Cancellation and deadlines.** When the last one who waits for an answer gives up (Ctrl-C, a process that is killed), the
/// call is cancelled as a Swift task is: end soon, by throwing. What is returned all the same is used or dropped. Nobody
/// waits in vain who does not want to, whatever a provider does. A call that takes a minute without anything to show for
/// it is cancelled as well, and its callers get ETIMEDOUT (docs/Providers.md has the details).
///
/// **Failures.** Throw a `ProviderError`; whatever else is thrown counts as `ProviderError.unavailable`. The operation that
/// asked gets an error number, and everybody who waits for the same. Nothing of a call that failed is kept, not even after
/// part of a content came, and the next reader asks again.
///
/// **Mistakes** cost the file or directory concerned, and never the view:
/// - a content that is longer or shorter than the size that was listed or told: reading it fails with EIO, and nothing of it
///   is kept. Nobody ever sees it cut, or filled up with zeros;
/// - a name twice in a listing: the first one is shown. A name that no directory can hold is left out. Both are logged.
///   The order of a listing does not matter (but see `PagedListingProvider`);
/// - other bytes for a content ID than before: who has the first ones keeps them, for they are not asked for again. That
///   the bytes belong to the ID is the provider's word, unless it is a `ContentVerifier`, and even then only what may have
///   been lost in a crash is checked;
/// - another listing for a directory ID than before: it is seen when the directory is listed again, which may be never. A
///   source that changes says so as a `ChangingProvider`.
public protocol ContentProvider: Sendable {
  /// The root of the projection. Asked when the view is mounted, and when somebody says that it is another one.
  func root() async throws -> DirectoryID

  /// All entries of a directory, in any order.
  func list(_ directory: DirectoryID) async throws -> DirectoryListing

  /// Writes all of a content's bytes into `sink`, in order. Errors that the sink throws are to be passed on.
  func fetch(_ content: ContentID, into sink: inout ContentSink) async throws
}
