import Control
import Testing

@testable import Commands

@Suite struct ReportPageTests {
  private static let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u{1b}[2J"

  private func report() -> StatsReport {
    var report = SampleReports.busy
    report.mountpoint = Self.hostile
    report.processes[0].command = Self.hostile
    report.processes[1].sessionCommand = Self.hostile
    report.processes[1].sessionPid = 7
    report.map = report.directories?.map { directory in
      .init(
        directory.depth == 2 ? Array("src/\(Self.hostile.replacing("/", with: "|"))".utf8) : directory.rawPath,
        depth: directory.depth, files: directory.files, bytes: directory.bytes, untouched: 0, fetched: directory.fetched
      )
    }
    report.recent = [
      .init(
        timeNs: 1, cause: "open", path: Array(Self.hostile.utf8), bytes: 1, latencyUs: -5, pid: 1, command: Self.hostile
      )
    ]
    report.timeline = .init(spanSeconds: 2, hydrations: [3, 0, 11], bytes: [1024, 0])
    return report
  }

  @Test("Names from the tree stay text: no element and no attribute comes of them")
  func escaping() throws {
    let page = try ReportPage(report(), time: "now").html()
    let tags = try Tags(page)
    #expect(tags.names.filter { $0 == "script" }.count == 2)
    #expect(!tags.names.contains("img"))
    #expect(!page.contains("alert(1)</script>") && page.contains("&lt;img src=x onerror=alert(2)&gt;"))
    #expect(page.contains("\\u003cimg src=x onerror=alert(2)\\u003e") && !page.contains("\u{1b}"))
  }

  @Test("The page is whole, needs no network, and says in tables what the map and the charts say")
  func structure() throws {
    let page = try ReportPage(report(), time: "now").html()
    let tags = try Tags(page)
    #expect(page.hasPrefix("<!DOCTYPE html>\n") && page.hasSuffix("</html>\n"))
    for word in ["http://", "https://", " src=\"", "@import", "url("] {
      #expect(!page.contains(word), "\(word)")
    }
    #expect(page.contains("default-src 'none'"))
    #expect(tags.names.filter { $0 == "table" }.count == 7)
    for cell in ["<td>/src</td>", "<td>LOOKUP</td>", "<td>hydrated</td>", "<td>prefetch</td>", "<td>4.0 s</td>"] {
      #expect(page.contains(cell), "\(cell)")
    }
    #expect(tags.names.filter { $0 == "svg" }.count == 3)
  }

  @Test("A view in which nothing happened has a page, too")
  func empty() throws {
    let page = try ReportPage(StatsReport(), time: "now").html()
    _ = try Tags(page)
    #expect(page.contains("Nothing yet."))
  }

  /// The elements of a page, each of which is closed in its turn.
  private struct Tags {
    struct Unbalanced: Error {
      let tag: String
    }

    private(set) var names: [String] = []

    init(_ page: String) throws {
      var open: [String] = []
      var rest = page[...]
      while let start = rest.firstIndex(of: "<") {
        rest = rest[start...].dropFirst()
        guard let end = rest.firstIndex(of: ">") else { throw Unbalanced(tag: String(rest.prefix(40))) }
        let tag = rest[..<end]
        rest = rest[end...].dropFirst()
        if tag.hasPrefix("!") { continue }
        let name = String(tag.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber })
        if tag.hasPrefix("/") {
          guard open.popLast() == name else { throw Unbalanced(tag: String(tag)) }
          continue
        }
        names.append(name)
        if tag.hasSuffix("/") || ["meta", "input"].contains(name) { continue }
        open.append(name)
        // What is in these is no markup.
        if ["script", "style"].contains(name) {
          guard let close = rest.firstRange(of: "</\(name)>") else { throw Unbalanced(tag: name) }
          rest = rest[close.lowerBound...]
        }
      }
      if let unclosed = open.last { throw Unbalanced(tag: unclosed) }
    }
  }
}
