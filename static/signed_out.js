// Goes back to the app when the other apps have answered, or after five seconds; without scripts the link does.
(function () {
  "use strict";
  var leave = function () {
    clearTimeout(late);
    removeEventListener("load", leave);
    location.replace(document.getElementById("continue").href);
  };
  var late = setTimeout(leave, 5000);
  addEventListener("load", leave);
})();
