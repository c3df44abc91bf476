an-app = an app
