import Provider
import TestSupport
import Testing

@Suite struct DirectoryListingTests {
  @Test("Entries come back sorted by bytes, each as it was appended")
  func sorting() {
    var listing = DirectoryListing()
    listing.appendFile("b", content: "two", size: 2)
    listing.appendDirectory("a", id: "dir")
    listing.appendSymbolicLink("a.c", target: "to", size: nil)
    let sorted = listing.sorted()
    let names = (0..<sorted.count).map { sorted.withName(at: $0) { String(decoding: $0, as: UTF8.self) } }
    #expect(names == ["a", "a.c", "b"])
    #expect(sorted.kind(at: 0) == .directory && sorted.directory(at: 0) == "dir")
    #expect(sorted.kind(at: 1) == .symbolicLink && sorted.size(at: 1) == nil)
    #expect(sorted.kind(at: 2) == .file && sorted.content(at: 2) == "two" && sorted.size(at: 2) == 2)
  }
}
