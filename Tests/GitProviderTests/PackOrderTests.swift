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
}
