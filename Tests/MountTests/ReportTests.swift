import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite("A view as a page", .enabled(if: Availability.fuse, "FUSE is not available"))
struct ReportTests {
  /// A browser that can be run without a screen.
  private static let browser = ["chromium", "chromium-browser", "google-chrome"].first {
    (try? Subprocess.run(["sh", "-c", "command -v \($0)"]).exitCode) == 0
  }

  private let home: TemporaryDirectory
  private let view: MountedView

  init() throws {
    home = try TemporaryDirectory()
    let repository = try GitFixture(at: home.path + "/repository")
    for number in 0..<20 { try repository.add("src/part-\(number % 4)/file-\(number)", "number \(number)\n") }
    try repository.add("a<b>&\"quoted\"/<img src=x onerror=document.title=1>", "1\n")
    try repository.add("docs/line\nbreak", "2\n")
    try repository.commit()
    view = try MountedView(repository.path, in: home)
    for number in 0..<8 { _ = try view.read("src/part-\(number % 2)/file-\(number % 2 + number / 2 * 4)") }
    _ = try view.read("a<b>&\"quoted\"/<img src=x onerror=document.title=1>")
  }

  @Test("The page is written whole in the place of what was there, or to standard output")
  func writing() throws {
    let file = home.path + "/report.html"
    try home.write("report.html", "old")
    try view.projfs.succeed("report", view.path, "--output", file)
    let page = String(decoding: try FileCalls.contents(file), as: UTF8.self)
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
    #expect(page.contains("<td>/src/part-0</td>") && page.contains("&lt;img src=x onerror="))
    #expect(!page.contains("<img"))
    #expect(try view.projfs.succeed("report", view.path, "--output", "-").hasSuffix("</html>\n"))
    #expect(try FileCalls.names(home.path).filter { $0.contains(".new") }.isEmpty)
  }

  @Test("Where it cannot be written, what was there stays, and nothing is left behind")
  func failing() throws {
    let directory = try home.makeDirectory("taken")
    #expect(try view.projfs.run(["report", view.path, "--output", directory]).exitCode == 74)
    #expect(try view.projfs.run(["report", view.path, "--output", home.path + "/none/x.html"]).exitCode == 74)
    #expect(try view.projfs.run(["report", view.path, "--output", ""]).exitCode == 64)
    #expect(try view.projfs.run(["report", view.path]).exitCode == 64)
    #expect(try FileCalls.names(home.path).filter { $0.contains(".new") }.isEmpty)
    try view.projfs.succeed("unmount", view.path)
    #expect(try view.projfs.run(["report", view.path, "--output", home.path + "/x.html"]).exitCode == 75)
    #expect(try !FileCalls.names(home.path).contains("x.html"))
  }

  @Test(
    "A browser draws the map from it, and runs nothing that came from the tree",
    .enabled(if: browser != nil, "no Chromium here"), .timeLimit(.minutes(2)))
  func drawing() throws {
    let file = home.path + "/report.html"
    try view.projfs.succeed("report", view.path, "--output", file)
    let browser = try #require(Self.browser)
    let outcome = try Subprocess.run([
      browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(home.path)/browser", "--dump-dom",
      "--virtual-time-budget=2000", "file://\(file)",
    ])
    let page = outcome.output
    let boxes = page.split(separator: "<button type=\"button\"").count - 1
    // The trail's root, the top directories, and those in 'src'.
    #expect(boxes >= 8, "\(outcome.errors)")
    #expect(page.contains("title=\"part-0\n4 of 5 files hydrated"))
    #expect(page.contains("projfs report</title>") && !page.contains("<title>1</title>"))
    #expect(!page.contains("<div id=\"treemap\" hidden"))
  }
}
