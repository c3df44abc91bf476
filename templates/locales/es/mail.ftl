## Notices by e-mail
mail-not-you = Si no fue usted, avise ahora a su clínica.
mail-not-you-call = Si no fue usted, llámenos ahora: { $phone }.
mail-check = Para comprobar que este correo es nuestro, no use ningún enlace. Abra su cuenta como siempre.
mail-factor-added-subject = Se añadió una nueva forma de entrar
mail-factor-added = Se añadió una nueva forma de entrar en su cuenta de { $organisation }. Su nombre: { $about }. Hora: { $when }. Si fue usted, no tiene que hacer nada.
mail-factor-removed-subject = Se quitó una forma de entrar
mail-factor-removed = Se quitó una forma de entrar en su cuenta de { $organisation }. Hora: { $when }. Su sesión se cerró en todas partes.
mail-recovery-codes-made-subject = Se crearon nuevos códigos de recuperación
mail-recovery-codes-made = Se crearon nuevos códigos de recuperación para su cuenta de { $organisation }. Los antiguos ya no sirven. Hora: { $when }.
mail-recovery-code-used-subject = Se usó un código de recuperación
mail-recovery-code-used = Alguien usó un código de recuperación para entrar en su cuenta de { $organisation }. Hora: { $when }. Si fue usted, no tiene que hacer nada.
mail-password-changed-subject = Se cambió su contraseña
mail-password-changed = Se cambió la contraseña de su cuenta de { $organisation }. Hora: { $when }.
mail-factor-disabled-subject = Se desactivó una forma de entrar
mail-factor-disabled = Alguien escribió demasiados códigos o contraseñas erróneos en su cuenta de { $organisation }. Para protegerle, desactivamos esa forma de entrar. Hora: { $when }.
mail-new-browser-subject = Alguien entró desde un dispositivo nuevo
mail-new-browser = Alguien entró en su cuenta de { $organisation } desde un teléfono u ordenador nuevo. Hora: { $when }. Si fue usted, no tiene que hacer nada.
