// Sends the answer to the app at once; without scripts the button does.
document.getElementById("form-post").submit();
