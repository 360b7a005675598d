import Posix
import Provider
import TestSupport
import Testing

@testable import GitProvider

@Suite struct PackOrderTests {
  @Test("Blobs come in the order of the pack, as its index says; what no pack has comes last")
  func order() async throws {
    let repository = try TestRepository()
    for number in 0..<200 { try repository.git.add("many/\(number)", "number \(number * 7919 % 1000) \(number)\n") }
    try repository.git.commit("many")
    try repository.git.git("repack", "-adq")
    try repository.git.add("later", "not packed\n")
    try repository.git.commit("later")
    let content = try repository.content()
    let names = ["later"] + (0..<200).map { "many/\($0)" }
    let ids = try names.map { try repository.id("HEAD:\($0)") }
    let order = try await content.fetchOrder(of: ids + ["no blob"])
    #expect(Set(order) == Set(0..<202) && order.count == 202)
    #expect(Set(order.suffix(2)) == [0, 201])
    let pack = "\(repository.path)/.git/objects/pack"
    let index = try #require(try FileCalls.names(pack).first { $0.hasSuffix(".idx") })
    let shown = try Subprocess.run(["sh", "-c", "git show-index < '\(pack)/\(index)'"]).output
    let offsets = Dictionary(
      shown.split(separator: "\n").compactMap { line -> (ContentID, Int)? in
        let fields = line.split(separator: " ")
        return Int(fields[0]).map { (contentID(String(fields[1])), $0) }
      }, uniquingKeysWith: { $1 })
    let packed = order.dropLast(2).map { offsets[ids[$0]] ?? -1 }
    #expect(packed == packed.sorted() && !packed.contains(-1))
  }

  @Test("Blobs come whole out of a pack, whether it has them whole or as differences", arguments: [0, 10])
  func packedBlobs(window: Int) async throws {
    let repository = try TestRepository()
    var random = SeededRandom(seed: 7)
    var texts: [String: String] = ["empty": ""]
    for number in 0..<40 {
      let lines = Int.random(in: 1...400, using: &random)
      texts["many/\(number)"] = (0..<lines).map { "line \($0 * 7919 % 1013)\n" }.joined()
    }
    for (name, text) in texts { try repository.git.add(name, text) }
    try repository.git.commit("many")
    try repository.git.git("repack", "-adfq", "--window=\(window)")
    let content = try repository.content()
    for (name, text) in texts {
      var sink = ContentSink.counting()
      let id = try repository.id("HEAD:\(name)")
      try await content.fetch(id, into: &sink)
      #expect(sink.bytesWritten == text.utf8.count)
      let read = try content.pool.withDatabase { database throws(ProviderError) in
        try database.readBlob(id.bytes, upTo: 1 << 20) { Array($0) }
      }
      #expect(read == Array(text.utf8), "\(name)")
    }
    let id = try repository.id("HEAD:many/1")
    let larger = try content.pool.withDatabase { database throws(ProviderError) in
      try database.readBlob(id.bytes, upTo: 1) { Array($0) }
    }
    #expect(larger == nil)
  }
}
