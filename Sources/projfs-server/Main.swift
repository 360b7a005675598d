internal import Server

@main
enum Main {
  static func main() {
    ServerMain.start()
  }
}
