extension ScenarioGroup {
  /// chown(2), fchown(2), lchown(2).
  static let owners = ScenarioGroup(
    name: "owners",
    script: """
      scenario by root
      chown file 1001 2001
      stat file uid,gid,mode,size
      chown file - 2002
      stat file uid,gid
      chown file 1002 -
      stat file uid,gid
      chown file - -
      stat file uid,gid
      chown dir 1001 2001
      stat dir uid,gid,mode
      stat dir/inner uid,gid
      list dir
      cat file
      chown file 4294967294 4294967294
      stat file uid,gid
      chown tool 0 0
      stat tool uid,gid,mode

      scenario links and what they point to
      chown link 1001 2001
      stat file uid,gid
      lstat link uid,gid
      lchown link 1002 2002
      stat file uid,gid
      lstat link uid,gid,mode
      lchown file 1003 2003
      stat file uid,gid
      chown to-dir 1001 -
      stat dir uid
      lstat to-dir uid
      readlink link

      scenario through an open file
      open file O_RDONLY -> h
      fchown h 1001 2001
      stat file uid,gid
      fchown h - 2002
      fstat h uid,gid
      open dir O_RDONLY -> d
      fchown d 1001 2001
      stat dir uid,gid
      chown file 0 0
      fstat h uid,gid

      scenario paths that lead nowhere
      symlink loop loop
      each missing,missing/x,file/x,link/x,dangling,dangling/x,loop,loop/x,@empty,@name256 chown {} 1 1
      each missing,missing/x,file/x,link/x,dangling,dangling/x,loop,loop/x,@empty,@name256 lchown {} 1 1
      each @path4096:file,file/,link/,to-dir/,dir/ chown {} 1 1
      each @path4096:file,file/,link/,to-dir/,dir/ lchown {} 2 2
      each file,dir,link,to-dir,loop,dangling lstat {} uid

      scenario by others
      as 1001 chown file 1001 -
      as 1001 chown file - 1001
      as 1001 chown file - -
      as 1001 chown file 0 0
      as 1001 chown missing 1001 1001
      as 1001 lchown link 1001 1001
      as 1001:0 chown file - 0
      chmod dir 0600
      as 1001 chown dir/inner - -
      stat file uid,gid

      scenario by the owner
      chown file 1001 1001
      as 1001 chown file 1001 -
      as 1001 chown file 1001 1001
      as 1001 chown file 1002 -
      as 1001 chown file 0 -
      as 1001 chown file - 2001
      as 1001:1001:2001 chown file - 2001
      stat file uid,gid
      as 1001:1001:2001 chown file 1001 1001
      as 1001:1001:2001 chown file 1002 2001
      as 1001:2002 chown file - 2002
      as 1001:2002 chown file - 2001
      stat file uid,gid
      as 1001 open file O_RDONLY -> h
      as 1001 fchown h - 1001
      as 1001 fchown h 0 -
      stat file uid,gid

      scenario the owner of a link
      lchown link 1001 1001
      as 1001:1001:2001 lchown link - 2001
      as 1001:1001:2001 lchown link 1002 -
      as 1001 chown link - 1001
      lstat link uid,gid

      scenario set-ID bits by root
      each 06777,04777,02777,02767,07777,06666,01777 put f{} {} text
      each 06777,04777,02777,02767,07777,06666,01777 chown f{} 1001 2001
      each 06777,04777,02777,02767,07777,06666,01777 stat f{} mode
      each 06777,04777,02777,02767,07777,06666,01777 chmod f{} {}
      each 06777,04777,02777,02767,07777,06666,01777 chown f{} - -
      each 06777,04777,02777,02767,07777,06666,01777 stat f{} mode

      scenario set-ID bits by the owner
      each 06777,04777,02777,02767,07777,06666 put f{} {} text
      each 06777,04777,02777,02767,07777,06666 chown f{} 1001 1001
      each 06777,04777,02777,02767,07777,06666 chmod f{} {}
      each 06777,04777,02777,02767,07777,06666 as 1001:1001:2001 chown f{} - 2001
      each 06777,04777,02777,02767,07777,06666 stat f{} mode,gid
      each 06777,04777,02777,02767,07777,06666 chmod f{} {}
      each 06777,04777,02777,02767,07777,06666 as 1001:2001 chown f{} 1001 -
      each 06777,04777,02777,02767,07777,06666 stat f{} mode
      each 06777,04777,02777,02767,07777,06666 chmod f{} {}
      each 06777,04777,02777,02767,07777,06666 as 1001:2001 chown f{} - -
      each 06777,04777,02777,02767,07777,06666 stat f{} mode

      scenario set-ID bits of directories stay
      mkdir d
      chmod d 06777
      chown d 1001 2001
      stat d mode
      as 1001:2001:2002 chown d - 2002
      stat d mode,gid
      chmod dir 02755
      chown dir 1001 2001
      stat dir mode

      scenario set-ID bits of a file that was there
      chmod tool 06755
      chown tool 1001 2001
      stat tool mode,uid,gid
      chmod tool 06755
      open tool O_RDONLY -> h
      fchown h 1002 -
      fstat h mode,uid

      scenario a changed owner has what the owner has
      chown file 1001 -
      chmod file 0600
      as 1001 open file O_RDWR
      as 1002 open file O_RDONLY
      as 1001 chmod file 0400
      as 1001 open file O_RDWR
      as 1001 utimensat file 5 5
      as 1002 utimensat file 5 5
      chown dir 1001 -
      as 1001 put dir/new 0644 text
      as 1001 unlink dir/inner
      list dir

      scenario what is not for the old owner any more
      chmod . 0777
      as 1001 put mine 0600 text
      chown mine 1002 1002
      as 1001 cat mine
      as 1002 cat mine
      as 1001 chmod mine 0666
      as 1001 unlink mine
      list .

      """)
}
