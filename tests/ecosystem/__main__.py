from ecosystem.render import main

main()
